import { ERRORS } from "@vaultproof/protocol/errors";

/** The two refusals that a client can do something about. */
export type CurableRefusal = "invalid-proof" | "unknown-transport-key";

/** An answer, and what it refuses; its response may be read by the app as if nobody had. */
export interface JudgedAnswer {
  readonly response: Response;
  readonly refusal: CurableRefusal | undefined;
}

/** No refusal of the service's own is longer. */
const MAX_REFUSAL_BYTES = 4096;

/**
 * Tells the two curable refusals from everything else. Only short answers that name VaultProof as their source are
 * read; a provider's answer is passed on untouched, streaming as it comes.
 */
export async function judgeAnswer(response: Response): Promise<JudgedAnswer> {
  const curable = CURABLE.filter(({ status }) => status === response.status);
  const length = Number(response.headers.get("content-length") ?? "0");
  const ours = response.headers.get("vp-source") === "vaultproof" && length <= MAX_REFUSAL_BYTES;
  if (curable.length === 0 || !ours) return { response, refusal: undefined };
  const text = await response.clone().text();
  const refusal = curable.find(({ error, reason }) => {
    const body = readObject(text);
    return body.error === error && body.reason === reason;
  });
  if (refusal === undefined) return { response, refusal: undefined };
  return { response, refusal: refusal.refusal };
}

const CURABLE: readonly { refusal: CurableRefusal; status: number; error: string; reason: string }[] = [
  { refusal: "invalid-proof", ...ERRORS.invalidProof },
  { refusal: "unknown-transport-key", ...ERRORS.unknownTransportKey },
];

function readObject(text: string): { error?: unknown; reason?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
