import { createServerClock, type ServerClock } from "./server-clock.js";
import { VaultProofError } from "./sdk-error.js";

/** What an observer is shown: exactly what leaves the device, and what proving cost. */
export type VaultProofEvent =
  | {
      readonly type: "request";
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** The body's text as sent. */
      readonly body?: string;
    }
  | { readonly type: "proof"; readonly milliseconds: number };

/** Called with each event; what it throws is the caller's to see. */
export type Observer = (event: VaultProofEvent) => void;

/** A request to the service. */
export interface ServiceRequest {
  readonly method: string;
  /** Path with its query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One service, reached through its edge. */
export interface ServiceConnection {
  /** Origin of the service. */
  readonly origin: string;
  readonly clock: ServerClock;
  /** This device's clock, milliseconds. */
  readonly localNow: () => number;
  readonly observe: Observer;
  /** Sends a request; rejects as fetch does (TypeError, or the signal's reason). */
  send(request: ServiceRequest): Promise<Response>;
}

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Opens no socket yet; checks the URL and ties fetch, clock and observer together.
 *
 * @throws VaultProofError `insecure-url` for plain `http://` to anything but loopback, `invalid-argument` for what is
 *   not an origin.
 */
export function createServiceConnection(options: {
  readonly url: string | URL;
  readonly fetch: typeof fetch;
  readonly observe?: Observer | undefined;
  readonly localNow?: (() => number) | undefined;
}): ServiceConnection {
  const origin = serviceOrigin(options.url);
  const localNow = options.localNow ?? Date.now;
  const clock = createServerClock(localNow);
  const observe = options.observe ?? (() => undefined);
  return {
    origin,
    clock,
    localNow,
    observe,
    async send({ method, target, headers = {}, body, signal }) {
      const url = origin + target;
      observe({ type: "request", method, url, headers, ...(body === undefined ? {} : { body }) });
      const response = await options.fetch(url, {
        method,
        headers,
        redirect: "manual",
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      await refuseRedirect(response);
      clock.learn(response);
      return response;
    },
  };
}

/**
 * The service never redirects; whoever does wants the request somewhere else. A provider's own 3xx is an answer like any
 * other: it comes without its location. (Browsers do not show the one from the other, and none is answered there.)
 */
async function refuseRedirect(response: Response): Promise<void> {
  const isRedirect = response.status >= 300 && response.status < 400 && response.headers.has("location");
  if (!isRedirect && response.type !== "opaqueredirect") return;
  await response.body?.cancel();
  throw new TypeError("the service answered with a redirect");
}

function serviceOrigin(input: string | URL): string {
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    throw new VaultProofError("invalid-argument", "url is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new VaultProofError("insecure-url", "it must begin with https://");
  }
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    throw new VaultProofError(
      "insecure-url",
      `plain http:// is taken to this machine only, not to ${url.hostname}; use https://`,
    );
  }
  if (url.pathname !== "/" || url.search !== "" || url.username !== "" || url.password !== "") {
    throw new VaultProofError("invalid-argument", "url is an origin: no path, query or credentials");
  }
  return url.origin;
}
