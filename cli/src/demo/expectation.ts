/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  /** Exactly as received. */
  readonly body: string;
  /** The header `vp-source`: who answered. Empty where it is missing. */
  readonly source: string;
}

/** What an answer must be, to the byte. */
export interface Expectation {
  readonly status: number;
  readonly body: string;
  readonly source?: string;
}

/** One difference between an answer and what it must be. */
export interface Difference {
  readonly what: "status" | "body" | "vp-source";
  readonly expected: string;
  readonly actual: string;
}

/** Compares an answer with its expectation. No differences: the answer came out as it must. */
export function differences(expected: Expectation, actual: Answer): Difference[] {
  const found: Difference[] = [];
  const compare = (what: Difference["what"], wanted: string, got: string) => {
    if (wanted !== got) found.push({ what, expected: wanted, actual: got });
  };
  compare("status", String(expected.status), String(actual.status));
  compare("body", expected.body, actual.body);
  if (expected.source !== undefined) compare("vp-source", expected.source, actual.source);
  return found;
}

/** Reads a response whole, for {@link differences}. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body = await response.text();
  return { status: response.status, body, source: response.headers.get("vp-source") ?? "" };
}
