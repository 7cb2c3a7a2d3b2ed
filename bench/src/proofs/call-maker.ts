import { VaultProofApp, type Prover } from "@vaultproof/sdk";
import type { LoadRequest } from "../load/http-client.js";
import { PROVIDER_CALL } from "../load/provider-call.js";

/** Where calls are sent. */
export const CALL_PATH = "/api/v1/proxy/call";

/** Makes calls with their proofs, to be sent later: each once, within the SDK's 150 seconds. */
export type CallMaker = (count: number) => Promise<LoadRequest[]>;

/**
 * Has the SDK make every call, and keeps it instead of sending it.
 *
 * @param options.prover as many calls are proved at a time as it has lanes.
 */
export async function openCallMaker(options: {
  readonly edgeUrl: string;
  readonly bundle: string;
  readonly prover: Prover;
}): Promise<CallMaker> {
  const { edgeUrl, bundle, prover } = options;
  const kept: LoadRequest[] = [];
  const keepCalls: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname !== CALL_PATH || typeof init?.body !== "string") return await fetch(input, init);
    const headers = { "content-type": "application/json" };
    kept.push({ method: "POST", path: CALL_PATH, headers, body: init.body });
    return new Response(null, { headers: { "vp-source": "upstream" } });
  };
  const app = await VaultProofApp.open({ url: edgeUrl, bundle, prover, fetch: keepCalls });
  const { method, path, body } = PROVIDER_CALL;
  return async (count) => {
    const headers = { "content-type": "application/json" };
    await Promise.all(Array.from({ length: count }, () => app.fetch(path, { method, headers, body })));
    return kept.splice(0);
  };
}
