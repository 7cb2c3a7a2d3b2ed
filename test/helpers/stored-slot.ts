import { randomBytes, randomUUID } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import type { BurnRequest, CountedCap } from "@vaultproof/db/queries/burn-nullifier";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { insertDeveloper, type NewDeveloper } from "@vaultproof/db/queries/insert-developer";
import { storeKeySlot, type NewKeySlot } from "@vaultproof/db/queries/store-key-slot";

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
