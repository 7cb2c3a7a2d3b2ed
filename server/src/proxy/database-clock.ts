/** The database's clock as last known, so that an expiry can be judged before the database is asked. */
export interface DatabaseClock {
  /** Takes in what the database said its time is, in Unix seconds. */
  observe(databaseNow: number): void;
  /** The database's time, Unix seconds; null when it was not heard of lately. */
  now(): number | null;
}

/**
 * Keeps the difference between the database's clock and this process's. It goes stale after a minute: were the
 * database's clock set, an old difference would have every call refused before it could be corrected.
 *
 * @param options.now this process's clock, Unix seconds.
 */
export function createDatabaseClock({ now }: { readonly now: () => number }): DatabaseClock {
  let offset = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  return {
    observe(databaseNow) {
      heardAt = now();
      offset = databaseNow - heardAt;
    },
    now() {
      const here = now();
      return here - heardAt > STALE_SECONDS ? null : here + offset;
    },
  };
}

const STALE_SECONDS = 60;
