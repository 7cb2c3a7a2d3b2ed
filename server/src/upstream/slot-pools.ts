import { LRUCache } from "lru-cache";
import { Pool } from "undici";

/** Connections to providers, kept for one slot each. */
export interface SlotPools {
  /** The slot's own connections to an origin; to be used at once, and asked for again for the next call. */
  of(slotId: string, origin: string): Pool;
  /** Closes every connection, calls in flight too. */
  destroy(): Promise<void>;
}

/** Slots whose connections are kept at the same time; beyond it, those of the slot that called longest ago close. */
const MAX_POOLS = 1000;
/** Milliseconds that a connection may be idle, also if the provider would keep it longer. */
const MAX_IDLE_MS = 60_000;

/**
 * Keeps connections by slot and origin. Slots never share one, not even to the same provider: what a provider ties to
 * a connection (a login, a limit, an answer that comes late or twice) then meets no other slot's key.
 *
 * @param options for each pool, besides how it connects to its origin.
 * @param maxPools for tests.
 */
export function createSlotPools(options: (origin: string) => Pool.Options, maxPools = MAX_POOLS): SlotPools {
  // Those forgotten too, until their calls have ended.
  const open = new Set<Pool>();
  const pools = new LRUCache<string, Pool>({
    max: maxPools,
    dispose(pool) {
      const forget = (): void => void open.delete(pool);
      // Closing fails only where it was destroyed meanwhile.
      pool.close().then(forget, forget);
    },
  });
  return {
    of(slotId, origin) {
      // A slot's origin changes only if the database was written to; the old one's connections must not be used then.
      const name = `${slotId} ${origin}`;
      const kept = pools.get(name);
      if (kept !== undefined) return kept;
      const made = new Pool(origin, { keepAliveMaxTimeout: MAX_IDLE_MS, ...options(origin) });
      open.add(made);
      pools.set(name, made);
      return made;
    },
    async destroy() {
      await Promise.all([...open].map((pool) => pool.destroy()));
    },
  };
}
