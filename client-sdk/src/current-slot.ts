import type { DeveloperSession } from "./developer-session.js";
import type { ShareMemory, SlotMemory } from "./device-slots.js";
import { listSlots } from "./list-slots.js";
import { VaultProofError } from "./sdk-error.js";

/** A slot as device and server have it together. */
export interface CurrentSlot {
  readonly slot: SlotMemory;
  /** The server's. */
  readonly version: number;
  /** Missing when another device, or a state of it that is lost, made the server's version. */
  readonly share: ShareMemory | undefined;
  readonly provider: string;
}

/**
 * Finds out which of the shares on this device is the slot's, by the commitment that the server has, and tidies up: what
 * came of a rotation whose answer was lost is settled here. A share is forgotten only when the slot can never come to have
 * it any more.
 *
 * @throws VaultProofError `state-missing` if this device knows nothing of the slot.
 */
export async function findCurrentSlot(session: DeveloperSession, keySlotId: string): Promise<CurrentSlot> {
  const slot = await session.state.loadSlot(keySlotId);
  if (slot === undefined) {
    throw new VaultProofError(
      "state-missing",
      `the share of ${keySlotId} is on the device that stored it, in its recovery kit, or in another stateDir`,
      { keySlotId },
    );
  }
  const known = (await listSlots(session)).find(({ id }) => id === keySlotId);
  if (known === undefined) return asRemembered(slot);
  const { version, vaultCommitment, provider } = known;
  const share = slot.shares.find((one) => one.slotVersion === version && one.commitment === vaultCommitment);
  if (share !== undefined) await settle(session, slot, share);
  else await dropLost(session, slot, version);
  return { slot, version, share, provider };
}

/**
 * The slot's share on this device.
 *
 * @throws VaultProofError `state-stale` if it is not here.
 */
export function requireShare({ slot, version, share }: CurrentSlot): ShareMemory {
  if (share !== undefined) return share;
  throw new VaultProofError(
    "state-stale",
    `${slot.slotId} is at version ${version}, whose share is on the device that made it; use that one or its recovery ` +
      "kit, or rotate to a new provider key here",
    { keySlotId: slot.slotId },
  );
}

/** What the server does not know it will refuse; the operation goes on with what is here. */
function asRemembered(slot: SlotMemory): CurrentSlot {
  const share = slot.shares.find(({ pending }) => !pending);
  return { slot, version: share?.slotVersion ?? 1, share, provider: slot.destination?.provider ?? "" };
}

async function settle(session: DeveloperSession, slot: SlotMemory, share: ShareMemory): Promise<void> {
  const isTidy =
    !share.pending && slot.shares.every((one) => one === share || one.slotVersion > share.slotVersion);
  if (!isTidy) await session.state.settleShare(slot.slotId, share);
}

/** Pending shares whose version another has taken. One that was the slot's stays: the server may be a restored backup. */
async function dropLost(session: DeveloperSession, slot: SlotMemory, version: number): Promise<void> {
  for (const share of slot.shares) {
    if (share.pending && share.slotVersion <= version) await session.state.dropShare(slot.slotId, share);
  }
}
