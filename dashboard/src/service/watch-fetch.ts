/** Told after each request of the page: whether anybody answered, or that the edge could not reach its server. */
export type FetchWatcher = (outcome: "answered" | "unreachable") => void;

const GATEWAY_FAILURES = [502, 503, 504];

/** A fetch that does the same and tells a watcher how it went. A request that was taken back tells nothing. */
export function watchFetch(fetch: typeof globalThis.fetch, watcher: FetchWatcher): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      const response = await fetch(input, init);
      watcher(GATEWAY_FAILURES.includes(response.status) ? "unreachable" : "answered");
      return response;
    } catch (error) {
      if (error instanceof TypeError) watcher("unreachable");
      throw error;
    }
  };
}
