/** A request as the edge sends it. */
export interface BackendRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/**
 * Sends a request to the backend as it is, follows no redirect, and gives back an answer whose headers fit its body:
 * whoever decodes a content coding also removes `Content-Encoding` and `Content-Length`.
 */
export type BackendFetch = (url: string, request: BackendRequest) => Promise<Response>;

/** The platform's `fetch` as a {@link BackendFetch}. It decodes content codings, whether asked to or not. */
export function platformFetch(fetch: typeof globalThis.fetch = globalThis.fetch): BackendFetch {
  return async (url, request) => {
    const response = await fetch(url, { ...request, redirect: "manual" });
    if (!response.headers.has("content-encoding")) return response;
    const headers = new Headers(response.headers);
    headers.delete("content-encoding");
    headers.delete("content-length");
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}
