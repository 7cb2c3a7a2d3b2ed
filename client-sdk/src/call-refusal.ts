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
 * Tells the two curable refusals from everything else. Only answers that name VaultProof as their source are read, and
 * of those only as much as a refusal may be long: an edge writes the headers and may never end the body. The response
 * that is passed on is whole, and streams as it comes.
 */
export async function judgeAnswer(response: Response): Promise<JudgedAnswer> {
  const curable = CURABLE.filter(({ status }) => status === response.status);
  const ours = response.headers.get("vp-source") === "vaultproof";
  if (curable.length === 0 || !ours) return { response, refusal: undefined };
  const text = await readShort(response.clone());
  if (text === undefined) return { response, refusal: undefined };
  const said = readObject(text);
  const refused = curable.find(({ error, reason }) => said.error === error && said.reason === reason);
  return { response, refusal: refused?.refusal };
}

/** The text of a body, or undefined as soon as it is longer than a refusal may be. */
async function readShort({ body }: Response): Promise<string | undefined> {
  if (body === null) return undefined;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > MAX_REFUSAL_BYTES) {
      // Not awaited: that of one half of a clone ends only when the other half, the app's, does.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
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
