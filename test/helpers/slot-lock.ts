import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@vaultproof/db/database";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { lockSlotShared } from "@vaultproof/db/queries/lock-slot-shared";

/** A slot's lock in the test's own hands, so that what races for it in the servers stands still until it is let go. */
export interface HeldSlotLock {
  /** Resolves once this many wait for it: `changes` of the slot, and `burns` of nullifiers. */
  waitedFor(waiters: { changes: number; burns: number }): Promise<void>;
  release(): Promise<void>;
}

const LOOK_AGAIN_MS = 10;
const WAITERS = `
  SELECT count(*) FILTER (WHERE mode = 'ExclusiveLock')::integer AS changes,
         count(*) FILTER (WHERE mode = 'ShareLock')::integer AS burns
    FROM pg_locks
   WHERE locktype = 'advisory' AND NOT granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Takes the lock of a slot as a burn in progress has it, or as a change in progress has it.
 *
 * @param db PostgreSQL, a pool of the test's own with two connections or more.
 */
export async function holdSlotLock(
  db: Database,
  slotId: string,
  as: "burn" | "change",
): Promise<HeldSlotLock> {
  const events = new EventEmitter();
  const taken = once(events, "taken");
  const released = once(events, "released");
  const transaction = db.transaction(async (tx) => {
    await (as === "burn" ? lockSlotShared : lockSlot)(tx, slotId);
    events.emit("taken");
    await released;
  });
  await Promise.race([taken, transaction]);
  return {
    async waitedFor({ changes, burns }) {
      for (;;) {
        const { rows } = await db.query<{ changes: number; burns: number }>({ text: WAITERS });
        const [waiting] = rows;
        if (waiting !== undefined && waiting.changes >= changes && waiting.burns >= burns) return;
        await delay(LOOK_AGAIN_MS);
      }
    },
    async release() {
      events.emit("released");
      await transaction;
    },
  };
}
