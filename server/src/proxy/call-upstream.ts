import { USAGE_HEADER, usageHeader, type CapUsage } from "@vaultproof/protocol/caps";
import { BODY_FORM } from "@vaultproof/protocol/request-hash";
import { ServerError } from "../errors.js";
import type { SentCall, Upstream, UpstreamAnswer, UpstreamRequest } from "../upstream/upstream.js";
import { UpstreamError } from "../upstream/upstream-error.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** The caller went away before there was an answer: there is nobody to tell. */
export class CallerGoneError extends Error {
  override readonly name = "CallerGoneError";
}

/**
 * Nothing is burnt, and no key rebuilt, for somebody who has left.
 *
 * @throws CallerGoneError
 */
export function assertCallerPresent(signal: AbortSignal): void {
  if (signal.aborted) throw new CallerGoneError("Caller went away");
}

/**
 * Step 8, first half: sends the call to the slot's provider. Resolves as soon as the key is not needed any more.
 *
 * @throws ServerError `upstreamFailed` or `upstreamTimeout` with the reason; CallerGoneError.
 */
export async function callUpstream(
  upstream: Upstream,
  call: AuthorisedCall,
  key: Uint8Array,
  signal: AbortSignal,
): Promise<SentCall> {
  return await told(upstream.send(upstreamRequest(call), key, signal));
}

/**
 * Step 8, second half: the answer's head; its body streams. Throws as {@link callUpstream} does.
 *
 * @param usage is told with the answer where a cap is nearly used up.
 */
export async function awaitAnswer(sent: SentCall, usage: CapUsage | null): Promise<UpstreamAnswer> {
  const answer = await told(sent.answer);
  const value = usage && usageHeader(usage);
  return value === null ? answer : { ...answer, headers: { ...answer.headers, [USAGE_HEADER]: value } };
}

function upstreamRequest({ call, slot, body, bodyForm }: AuthorisedCall): UpstreamRequest {
  const { id: slotId, provider, baseUrl, headerName, headerTemplate } = slot;
  const headers = call.headers ?? {};
  const needsType = bodyForm === BODY_FORM.json && headers["content-type"] === undefined;
  return {
    slotId,
    destination: { provider, baseUrl, headerName, headerTemplate },
    method: call.method,
    path: call.targetPath,
    headers: needsType ? { ...headers, "content-type": "application/json" } : headers,
    body,
  };
}

async function told<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const { kind, reason } = error.failure;
    if (kind === "aborted") throw new CallerGoneError(reason, { cause: error });
    const code = kind === "timeout" ? "upstreamTimeout" : "upstreamFailed";
    throw new ServerError(code, { extra: { reason }, cause: error });
  }
}
