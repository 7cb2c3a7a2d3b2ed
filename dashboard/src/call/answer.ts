/** Where calls are made. */
export const CALL_PATH = "/api/v1/proxy/call";

/** An answer as it came, read whole. */
export interface Answer {
  readonly status: number;
  /** Exactly as received. */
  readonly body: string;
  /** The header `vp-source`: who answered. Empty where it is missing. */
  readonly source: string;
  /** Milliseconds from the sending to the last byte, by this page's clock. */
  readonly milliseconds: number;
}

/** What an answer must be, to the byte. */
export interface Expectation {
  readonly status: number;
  readonly body: string;
  /** Left out where the answer is told about by somebody else, who does not tell it. */
  readonly source?: "vaultproof";
}

/** One difference between an answer and what it must be. */
export interface Difference {
  readonly what: "status" | "body" | "vp-source";
  readonly expected: string;
  readonly actual: string;
}

/** Compares an answer with its expectation. No differences: it came out as it must. */
export function differences(expected: Expectation, actual: Answer): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (what: Difference["what"], wanted: string, got: string): void => {
    if (wanted !== got) found.push({ what, expected: wanted, actual: got });
  };
  compare("status", String(expected.status), String(actual.status));
  compare("body", expected.body, actual.body);
  if (expected.source !== undefined) compare("vp-source", expected.source, actual.source);
  return found;
}

/** Sends a request and reads the answer whole. @throws TypeError and the signal's reason, as fetch does. */
export async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(path, { ...init, cache: "no-store" });
  const body = await response.text();
  const milliseconds = performance.now() - began;
  return { status: response.status, body, source: response.headers.get("vp-source") ?? "", milliseconds };
}

/** Sends the body of a call as it stands there, whatever it is. Throws as {@link ask}. */
export function sendBody(body: string, signal?: AbortSignal): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return ask(CALL_PATH, { method: "POST", headers, body, ...(signal === undefined ? {} : { signal }) });
}

/** Members of a body that is a JSON object; none of any other. */
export function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
