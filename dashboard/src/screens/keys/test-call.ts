import type { Session } from "../../session/session.js";
import type { TestCall } from "./provider-calls.js";

/** How a test call was answered. */
export interface TestAnswer {
  readonly status: number;
  /** Whose answer it is. */
  readonly source: "upstream" | "vaultproof";
  /** Milliseconds from the call to the answer's last byte, the proof included. */
  readonly milliseconds: number;
  /** The body's text, cut. */
  readonly body: string;
}

const SHOWN_CHARS = 2000;

/**
 * Makes a call as an app whose bundle this browser keeps.
 *
 * @throws VaultProofError, TypeError as the app's fetch does
 */
export async function makeTestCall(
  session: Session,
  { keySlotId, appId }: { readonly keySlotId: string; readonly appId: string },
  { path, headers }: TestCall,
): Promise<TestAnswer> {
  const app = await session.app(keySlotId, appId);
  // The prover is started once a page; what that takes is not the call's.
  const started = performance.now();
  const response = await app.fetch(path, { headers: { ...headers } });
  const body = await response.text();
  return {
    status: response.status,
    source: response.headers.get("vp-source") === "upstream" ? "upstream" : "vaultproof",
    milliseconds: Math.round(performance.now() - started),
    body: body.length > SHOWN_CHARS ? `${body.slice(0, SHOWN_CHARS)}…` : body,
  };
}

/** What an answer says of the key, in words. */
export function judgeAnswer({ status, source }: TestAnswer): {
  readonly works: boolean;
  readonly said: string;
} {
  if (source === "vaultproof") return { works: false, said: "VaultProof refused the call" };
  if (status >= 200 && status < 300) return { works: true, said: "The key works" };
  if (status === 401 || status === 403)
    return { works: false, said: "The provider does not accept this key" };
  return { works: false, said: "The provider gave no useful answer" };
}
