import { VaultProofApp, type KeptBundle } from "@vaultproof/sdk/browser";
import type { Session } from "../session/session.js";
import { CALL_PATH } from "./answer.js";

/** What an app asks of its provider. */
export interface CallRequest {
  readonly method: string;
  /** Path and query at the provider. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for none. */
  readonly body: string | null;
}

type Prover = Awaited<ReturnType<Session["prover"]>>;

/** Thrown at the SDK in the place of sending. */
class Caught extends Error {
  override readonly name = "Caught";
}

/** There was no call to catch: the service refused what comes before one. */
export class NothingCaughtError extends Error {
  override readonly name = "NothingCaughtError";
}

/**
 * Has the SDK make a call, proof and all, and keeps it from being sent.
 *
 * @param options.prover makes the proof; the session's own unless given.
 * @returns the body that would have been sent.
 * @throws NothingCaughtError, and whatever opening a client and proving say.
 */
export async function catchCall(options: {
  readonly session: Session;
  readonly kept: KeptBundle;
  readonly request: CallRequest;
  readonly prover?: Pick<Prover, "prove" | "close">;
  readonly signal?: AbortSignal;
}): Promise<string> {
  const { session, kept, request, signal } = options;
  let caught: string | undefined;
  const catching: typeof fetch = (input, init) => {
    if (!(typeof input === "string" && new URL(input).pathname === CALL_PATH)) return fetch(input, init);
    caught = init?.body as string;
    return Promise.reject(new Caught("caught before it was sent"));
  };
  const prover = options.prover ?? (await session.prover());
  const app = await VaultProofApp.open({ url: session.url, bundle: kept.bundle, prover, fetch: catching });
  try {
    const answer = await app.fetch(request.path, { ...callInit(request), signal: signal ?? null });
    throw new NothingCaughtError(`${answer.status} ${await answer.text()}`);
  } catch (error) {
    // The SDK may have wrapped it; what counts is that the call was made and not sent.
    if (caught !== undefined) return caught;
    throw error;
  } finally {
    await app.close();
  }
}

/** A request as fetch takes it. */
export function callInit({ method, headers, body }: CallRequest): RequestInit {
  return { method, headers: { ...headers }, body };
}
