import type { Database, Queryable } from "@vaultproof/db/database";
import { countActiveSlots } from "@vaultproof/db/queries/count-active-slots";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { storeKeySlot, type NewKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import type { Destination } from "@vaultproof/protocol/destination";
import type { StoreRequest } from "@vaultproof/protocol/developer-routes";
import { fromHex } from "@vaultproof/protocol/encoding";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { digest } from "@vaultproof/protocol/framing";
import { DestinationError, resolveDestination } from "@vaultproof/protocol/providers";
import type { RestrictionName } from "@vaultproof/protocol/restrictions";
import { sealedMessageBytes } from "@vaultproof/protocol/sealed-message";
import { appendAct, type ManagementAct } from "../audit/management-act.js";
import { ServerError } from "../errors.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import type { Upstream } from "../upstream/upstream.js";
import { checkRestrictionsEnforced } from "./check-restrictions-enforced.js";
import { checkShare1 } from "./check-share1.js";
import { growTree } from "./grow-tree.js";
import type { VerifiedDeveloper } from "./verify-developer.js";

const FIRST_VERSION = 1;

/** What storing takes. */
export interface StoreDependencies {
  readonly db: Database;
  readonly storageKeys: StorageKeys;
  readonly enforcedRestrictions: ReadonlySet<RestrictionName>;
  /** What calls will be checked against: a slot that could never be called is refused at once. */
  readonly upstream: Pick<Upstream, "allowsOrigin">;
  /** `SLOTS_PER_DEVELOPER`; 0 for no limit. */
  readonly slotsPerDeveloper: number;
}

/**
 * Stores a slot with its first apps.
 *
 * @returns its version, 1; the same for an identical repeat by its owner, whose first answer may have been lost.
 * @throws ServerError `invalidRequest` for a destination that cannot be, `unsupportedRestriction`, `shareNotOpened`,
 *   `slotExists`, `tooManySlots`.
 */
export async function storeKey(
  { db, storageKeys, enforcedRestrictions, upstream, slotsPerDeveloper }: StoreDependencies,
  developer: VerifiedDeveloper,
  store: StoreRequest,
  act: ManagementAct,
): Promise<{ version: number }> {
  checkRestrictionsEnforced(enforcedRestrictions, [
    store.restrictions,
    ...store.apps.map((app) => app.restrictions),
  ]);
  const destination = destinationOf(store, upstream);
  const { keyId } = checkShare1(storageKeys, {
    sealed: store.share1_encrypted,
    slotId: store.keySlotId,
    slotVersion: FIRST_VERSION,
    developerPublicKey: developer.publicKey,
    destination,
  });
  const leaves = store.apps.map((app, index) => ({ index, leaf: fromHex(app.leaf) }));
  const { appRoot } = await growTree(leaves);
  const slot = toSlot(store, { developerId: developer.id, destination, serverKeyId: keyId, appRoot });
  await db.transaction(async (tx) => {
    await lockSlot(tx, slot.id);
    const { status } = await storeKeySlot(tx, slot);
    if (status === "conflict") throw new ServerError("slotExists");
    if (status === "stored") await assertNotTooMany(tx, developer, slotsPerDeveloper);
    if (status === "identical") {
      // A repeat that comes after a revocation must not read as if the slot were there.
      const stored = await readSlotForOwner(tx, { slotId: slot.id, developerId: developer.id });
      if (stored?.status !== "active") throw new ServerError("slotExists");
    }
    await appendAct(tx, act, status === "stored" ? "stored" : "repeated");
  });
  return { version: FIRST_VERSION };
}

/** After the slot was stored: what throws here undoes it, and a repeat of a store that was made is never refused. */
async function assertNotTooMany(tx: Queryable, developer: VerifiedDeveloper, limit: number): Promise<void> {
  if (limit === 0 || (await countActiveSlots(tx, developer.id)) <= limit) return;
  throw new ServerError("tooManySlots", { extra: { reason: "Revoke one first", limit, used: limit } });
}

function destinationOf(store: StoreRequest, upstream: StoreDependencies["upstream"]): Destination {
  try {
    const destination = resolveDestination(store);
    if (!upstream.allowsOrigin(destination.baseUrl)) {
      throw new DestinationError(
        "baseUrl must be https:// and a public host, unless this server's operator allows it",
      );
    }
    return destination;
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    throw new ServerError("invalidRequest", { extra: { details: [error.message] } });
  }
}

function toSlot(
  store: StoreRequest,
  {
    developerId,
    destination,
    serverKeyId,
    appRoot,
  }: { developerId: string; destination: Destination; serverKeyId: Uint8Array; appRoot: bigint },
): NewKeySlot {
  return {
    id: store.keySlotId,
    developerId,
    ...destination,
    label: store.label,
    share1Encrypted: sealedMessageBytes(store.share1_encrypted),
    serverKeyId,
    vaultCommitment: fromHex(store.vaultCommitment),
    appRoot: fieldToBytes(appRoot),
    restrictions: store.restrictions,
    storeDigest: digest("vaultproof store v1", canonicalJson(store)),
    grants: store.apps.map(({ appId, leaf, restrictions }) => ({ appId, leaf: fromHex(leaf), restrictions })),
  };
}
