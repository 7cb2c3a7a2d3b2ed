import { setTimeout as delay } from "node:timers/promises";
import type { Database, Queryable } from "@vaultproof/db/database";
import { deleteExpiredTransportKeys } from "@vaultproof/db/queries/delete-expired-transport-keys";
import { insertTransportKey, type TransportKey } from "@vaultproof/db/queries/insert-transport-key";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { lockTransportKeys } from "@vaultproof/db/queries/lock-transport-keys";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import {
  generateHpkeKeyPair,
  hpkePrivateKeyBytes,
  hpkePrivateKeyFromBytes,
  type HpkePrivateKey,
} from "./hpke-open.js";
import { createTransportWrapping, type TransportWrapping } from "./transport-wrapping.js";
import { wipe } from "../secret-bytes.js";

/** Times in a transport key's life, in seconds. */
export const TRANSPORT_KEY_TIMES = {
  /** From its making to its last use date: until then it may be sealed to. */
  lifetime: 24 * 3600,
  /** When the newest key has less than this left, the next is made, so that there is always one with time to spare. */
  renewBefore: 2 * 3600,
  /** A key still opens this long after its last use date; then it is deleted, and what it opened stays shut. */
  grace: 24 * 3600,
} as const;

/** A key to seal to, as published. */
export interface PublishedTransportKey {
  /** Raw X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Last date to seal to it, Unix seconds. */
  readonly notAfter: number;
}

/** The HPKE key pairs that share 2 is sealed to in a call. */
export interface TransportKeys {
  /**
   * By the 8-byte key id that stands in a sealed message; undefined for a key that is unknown or past its grace. A
   * key that another replica has just made is looked up in the database; such look-ups are spaced, and callers with
   * an unknown id wait for the next one together.
   */
  find(keyId: Uint8Array): Promise<HpkePrivateKey | undefined>;
  /** Keys that may be sealed to now, the newest first. Empty only if {@link refresh} has not run for a day. */
  published(): readonly PublishedTransportKey[];
  /** Deletes what is past its grace, reads the table, and makes a new key if the newest is about to end. */
  refresh(): Promise<void>;
}

/** What transport keys are made with. */
export interface TransportKeyOptions {
  readonly db: Database;
  /** Server secrets: the first wraps, all open. */
  readonly secrets: readonly Uint8Array[];
  /** Unix seconds. */
  readonly clock: () => number;
  /** Told of a row that does not open: another secret's, or altered. */
  readonly onUnreadable?: (keyId: string) => void;
  /** Least time between two look-ups of unknown ids. */
  readonly lookupSpacingMs?: number;
}

interface LoadedKey {
  readonly pair: HpkePrivateKey;
  readonly notAfter: number;
}

/**
 * Transport keys shared by the replicas through the database.
 *
 * Life of a key: made at most 22 hours after the one before; `notAfter`, 24 hours later, is the last date to seal to
 * it; for another 24 hours it opens calls that were sealed in time; then it is deleted and the table rewritten, so
 * that a recorded call can be opened by nobody. The table is UNLOGGED: after a crash of the database it is empty, and
 * the next refresh makes a new key. The public half always comes from the opened private key: whoever writes to the
 * database cannot have clients seal to a key of theirs.
 */
export async function createTransportKeys(options: TransportKeyOptions): Promise<TransportKeys> {
  const { db, clock, lookupSpacingMs = 1000 } = options;
  const wrapping = createTransportWrapping(options.secrets);
  let loaded = new Map<string, LoadedKey>();
  let lookup: Promise<void> | undefined;
  let nextLookup = 0;
  const reported = new Set<string>();
  // Once for each: the table is read again and again, and the row stays as it is.
  const onUnreadable = (id: string): void => {
    if (reported.has(id)) return;
    reported.add(id);
    options.onUnreadable?.(id);
  };

  const reload = async (from: Queryable): Promise<void> => {
    loaded = openRows({ rows: await listTransportKeys(from), wrapping, known: loaded, onUnreadable });
  };
  const isFresh = (): boolean =>
    [...loaded.values()].some(({ notAfter }) => notAfter - clock() > TRANSPORT_KEY_TIMES.renewBefore);

  const keys: TransportKeys = {
    async find(keyId) {
      const id = bytesToHex(keyId);
      if (!loaded.has(id)) {
        // Shared by all who come before it begins: unknown ids cost the database one small read a second at most.
        lookup ??= delay(Math.max(0, nextLookup - performance.now()), undefined, { ref: false }).then(() => {
          lookup = undefined;
          nextLookup = performance.now() + lookupSpacingMs;
          return reload(db);
        });
        await lookup;
      }
      const key = loaded.get(id);
      return key !== undefined && key.notAfter + TRANSPORT_KEY_TIMES.grace >= clock() ? key.pair : undefined;
    },
    published() {
      return [...loaded.values()]
        .filter(({ notAfter }) => notAfter > clock())
        .sort((a, b) => b.notAfter - a.notAfter)
        .map(({ pair, notAfter }) => ({ publicKey: pair.publicKey, notAfter }));
    },
    async refresh() {
      await deleteExpiredTransportKeys(db, { graceSeconds: TRANSPORT_KEY_TIMES.grace });
      await reload(db);
      if (isFresh()) return;
      await db.transaction(async (tx) => {
        await lockTransportKeys(tx);
        await reload(tx);
        if (!isFresh()) await insertTransportKey(tx, makeRow(wrapping, clock()));
      });
      await reload(db);
    },
  };
  await keys.refresh();
  return keys;
}

function openRows({
  rows,
  wrapping,
  known,
  onUnreadable,
}: {
  readonly rows: readonly TransportKey[];
  readonly wrapping: TransportWrapping;
  readonly known: ReadonlyMap<string, LoadedKey>;
  readonly onUnreadable: (keyId: string) => void;
}): Map<string, LoadedKey> {
  const opened = new Map<string, LoadedKey>();
  for (const row of rows) {
    const id = bytesToHex(row.id);
    const before = known.get(id);
    const key = before?.notAfter === row.notAfter ? before : openRow(row, wrapping);
    if (key === null) onUnreadable(id);
    else opened.set(id, key);
  }
  return opened;
}

function openRow(row: TransportKey, wrapping: TransportWrapping): LoadedKey | null {
  const raw = wrapping.unwrap(row, row.wrappedPrivateKey);
  if (raw === null) return null;
  try {
    const pair = hpkePrivateKeyFromBytes(raw);
    return bytesToHex(pair.id) === bytesToHex(row.id) ? { pair, notAfter: row.notAfter } : null;
  } finally {
    wipe(raw);
  }
}

function makeRow(wrapping: TransportWrapping, now: number): TransportKey {
  const pair = generateHpkeKeyPair();
  const name = { id: pair.id, notAfter: Math.floor(now) + TRANSPORT_KEY_TIMES.lifetime };
  const raw = hpkePrivateKeyBytes(pair);
  try {
    return { ...name, wrappedPrivateKey: wrapping.wrap(name, raw) };
  } finally {
    wipe(raw);
  }
}
