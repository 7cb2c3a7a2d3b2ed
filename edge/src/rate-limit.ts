/** The answer of a limiter for one call. */
export type RateDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly used: number;
      /** Milliseconds since the epoch. */ readonly resetsAt: number;
    };

/** Counts a call under a key and says whether it is within the limit. */
export type RateLimiter = (key: string) => RateDecision;

interface Window {
  count: number;
  readonly resetsAt: number;
}

const WINDOW_MS = 60_000;
/** Windows kept at most: some ten megabytes. Beyond it the oldest is forgotten, which can only allow more. */
const MAX_WINDOWS = 100_000;

/**
 * A fixed window of a minute for each key, in this process.
 *
 * Windows stand in the map in the order in which they end, so that old ones are dropped from its front without a
 * timer or a sweep.
 *
 * @param options.limit calls a minute; 0 switches the limit off.
 * @param options.now milliseconds since the epoch.
 */
export function createRateLimiter(options: {
  readonly limit: number;
  readonly now: () => number;
  readonly maxWindows?: number;
}): RateLimiter {
  const { limit, now, maxWindows = MAX_WINDOWS } = options;
  if (limit === 0) return () => ({ allowed: true });
  const windows = new Map<string, Window>();
  return (key) => {
    const time = now();
    dropEnded(windows, time);
    let window = windows.get(key);
    if (window === undefined) {
      if (windows.size >= maxWindows) dropOldest(windows);
      window = { count: 0, resetsAt: time + WINDOW_MS };
      windows.set(key, window);
    }
    window.count++;
    if (window.count <= limit) return { allowed: true };
    return { allowed: false, used: window.count, resetsAt: window.resetsAt };
  };
}

function dropEnded(windows: Map<string, Window>, time: number): void {
  for (const [key, { resetsAt }] of windows) {
    if (resetsAt > time) return;
    windows.delete(key);
  }
}

function dropOldest(windows: Map<string, Window>): void {
  for (const key of windows.keys()) {
    windows.delete(key);
    return;
  }
}
