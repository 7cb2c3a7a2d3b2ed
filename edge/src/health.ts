import type { BackendFetch } from "./backend-fetch.js";
import { jsonAnswer } from "./answer.js";
import { readBody } from "./read-body.js";
import type { RequestSigner } from "./sign-request.js";

const HEALTH_TARGET = { target: "/internal/health", path: "/internal/health", query: "?" } as const;
const CACHE_MS = 2_000;
const TIMEOUT_MS = 2_000;
const MAX_BODY_BYTES = 1_024;

/**
 * Makes the handler of `/health`. It tells of a whole way there and back: a signed request that the backend accepted.
 * The outcome is kept for two seconds and askers at the same time share one round trip.
 *
 * @param options.now milliseconds since the epoch.
 */
export function createHealth(options: {
  readonly backendOrigin: string;
  readonly fetch: BackendFetch;
  readonly sign: RequestSigner;
  readonly now: () => number;
  /** A stopping edge is not healthy, so that no balancer sends it anything more. */
  readonly isStopping: () => boolean;
}): (clientAddress: string) => Promise<Response> {
  let known: { readonly until: number; readonly secured: Promise<boolean> } | undefined;

  return async (clientAddress) => {
    if (options.isStopping()) return unavailable();
    const time = options.now();
    if (known === undefined || known.until <= time) {
      known = { until: time + CACHE_MS, secured: probe(options, clientAddress).catch(() => false) };
    }
    return (await known.secured)
      ? jsonAnswer(200, { status: "ok", service: "vaultproof-edge", secured: true })
      : unavailable();
  };
}

function unavailable(): Response {
  return jsonAnswer(503, { status: "unavailable", service: "vaultproof-edge", secured: false });
}

async function probe(
  { backendOrigin, fetch, sign }: { backendOrigin: string; fetch: BackendFetch; sign: RequestSigner },
  clientAddress: string,
): Promise<boolean> {
  const headers = new Headers({ accept: "application/json" });
  const bodyDigest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(0)));
  await sign({ method: "GET", target: HEALTH_TARGET, headers, bodyDigest, clientAddress });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(backendOrigin + HEALTH_TARGET.target, { method: "GET", headers, signal });
  const body = await readBody(response.body, null, MAX_BODY_BYTES);
  if (response.status !== 200 || !body.ok) return false;
  // Any web server answers 200 to something; this one has to be the backend.
  const answer: unknown = JSON.parse(new TextDecoder().decode(body.bytes));
  return typeof answer === "object" && answer !== null && "status" in answer && answer.status === "ok";
}
