import { randomBytes, randomUUID } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import type { BurnRequest, CountedCap } from "@vaultproof/db/queries/burn-nullifier";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { insertDeveloper, type NewDeveloper } from "@vaultproof/db/queries/insert-developer";
import { storeKeySlot, type NewKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { destinationDigest } from "@vaultproof/protocol/destination";
import {
  joinSealedMessage,
  parseSealedBytes,
  share1Context,
  type SealingContext,
} from "@vaultproof/protocol/sealed-message";
import { openSealed, type HpkePrivateKey } from "@vaultproof/server/keys/hpke-open";
import { sealTo } from "@vaultproof/server/keys/hpke-seal";
import type { StorageKeys } from "@vaultproof/server/keys/storage-keys";

/** A developer with a random identity, registered. */
export async function storedDeveloper(db: Database): Promise<NewDeveloper> {
  const developer = {
    id: randomBytes(32).toString("base64url"),
    publicKey: randomBytes(32),
    label: "a developer",
  };
  await insertDeveloper(db, developer);
  return developer;
}

/** A slot of random bytes, not stored. */
export function newSlot(developerId: string, overrides: Partial<NewKeySlot> = {}): NewKeySlot {
  return {
    id: randomUUID(),
    developerId,
    provider: "openai",
    baseUrl: "https://api.openai.com",
    headerName: "authorization",
    headerTemplate: "Bearer {key}",
    label: "a slot",
    share1Encrypted: randomBytes(232),
    serverKeyId: randomBytes(8),
    vaultCommitment: randomBytes(32),
    appRoot: randomBytes(32),
    storeDigest: randomBytes(32),
    grants: [{ appId: "my-app", leaf: randomBytes(32) }],
    ...overrides,
  };
}

/** A slot of random bytes, stored under a developer of its own. */
export async function storedSlot(db: Database, overrides: Partial<NewKeySlot> = {}): Promise<NewKeySlot> {
  const slot = newSlot((await storedDeveloper(db)).id, overrides);
  await db.transaction((tx) => storeKeySlot(tx, slot));
  return slot;
}

/** A slot with a real share 1, sealed to `storageKey` for a custom destination, and what it is bound to. */
export async function storedSealedSlot(db: Database, storageKey: HpkePrivateKey): Promise<SealedTestSlot> {
  const developer = await storedDeveloper(db);
  const slot = newSlot(developer.id, { serverKeyId: storageKey.id });
  const binding = {
    ...{ slotId: slot.id, developerPublicKey: developer.publicKey },
    destination: destinationDigest(slot),
  };
  const share1 = new Uint8Array(randomBytes(96));
  const sealed = joinSealedMessage(sealTo(storageKey, share1Context({ ...binding, slotVersion: 1 }), share1));
  await db.transaction((tx) => storeKeySlot(tx, { ...slot, share1Encrypted: sealed }));
  return { slotId: slot.id, share1, context: share1Context({ ...binding, slotVersion: 1 }) };
}

/** A slot and what its share must open as. */
export interface SealedTestSlot {
  readonly slotId: string;
  readonly share1: Uint8Array;
  readonly context: SealingContext;
}

/** Ids of the slots whose stored share does not open, with these keys, as the share that it is. */
export async function findUnopenable(
  db: Database,
  slots: readonly SealedTestSlot[],
  keys: StorageKeys,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string; sealed: Uint8Array; keyId: Uint8Array }>({
    text: `SELECT id, share1_encrypted AS sealed, server_key_id AS "keyId" FROM key_slots`,
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const opens = ({ slotId, share1, context }: SealedTestSlot): boolean => {
    const row = byId.get(slotId);
    const key = keys.find(row?.keyId ?? new Uint8Array());
    if (row === undefined || key === undefined) return false;
    const opened = openSealed(key, parseSealedBytes(new Uint8Array(row.sealed)), context);
    return Buffer.compare(opened, share1) === 0;
  };
  return slots.filter((slot) => !opens(slot)).map(({ slotId }) => slotId);
}

/** A call of the slot's first app with a fresh nullifier, as checked just after the slot was stored. */
export async function burnRequest(
  db: Database,
  slot: NewKeySlot,
  overrides: Partial<BurnRequest> = {},
): Promise<BurnRequest> {
  return {
    slotId: slot.id,
    appId: slot.grants[0]?.appId ?? "",
    slotVersion: 1,
    grantVersion: 1,
    nullifier: randomBytes(32),
    expiresAt: Math.floor(await databaseTime(db)) + 120,
    caps: [],
    ...overrides,
  };
}

/** A cap on the whole slot, or on whom it says. */
export function capOf(
  window: CountedCap["window"],
  limit: number,
  of: Partial<Pick<CountedCap, "app" | "subject">> = {},
): CountedCap {
  return { app: "", subject: "", window, limit, ...of };
}
