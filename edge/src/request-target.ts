/** Where a request goes, exactly as it will stand in the request line that the backend reads. */
export interface RequestTarget {
  /** Path and query together, for the request line. */
  readonly target: string;
  readonly path: string;
  /** With its leading `?`; a lone `?` when there is no query. */
  readonly query: string;
}

/**
 * Splits a request's URL into what is signed.
 *
 * A URL parser resolves dot segments (`%2e%2e` too), turns `\` into `/` and escapes some characters. If that changed
 * what the client wrote, then client and backend would see different paths under one signature; such a target is
 * refused instead.
 *
 * @param received the request target as the client wrote it, where the platform tells.
 * @returns null when the target cannot be passed on byte for byte.
 */
export function readTarget(url: string, received: string | undefined): RequestTarget | null {
  const parsed = new URL(url);
  if (parsed.hash !== "") return null;
  // `href`, because `search` does not tell a trailing `?` from none.
  const target = parsed.href.slice(parsed.origin.length);
  if (received !== undefined && received !== target) return null;
  return { target, path: parsed.pathname, query: parsed.search === "" ? "?" : parsed.search };
}

/** A path as a router may come to read it: escapes decoded, repeated slashes taken as one, lower case. */
export function routedPath(path: string): string {
  return decode(path)
    .replaceAll(/\/{2,}/g, "/")
    .toLowerCase();
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
