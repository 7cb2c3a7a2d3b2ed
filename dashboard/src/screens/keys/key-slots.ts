import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import type { StatsOfKey } from "@vaultproof/protocol/stats-routes";
import type { KeptBundle } from "@vaultproof/sdk/browser";
import type { Session } from "../../session/session.js";

/** A slot with its figures. */
export interface SlotWithCalls {
  readonly slot: KeySlot;
  /** Undefined where the figures could not be had; the list is shown without them. */
  readonly stats: StatsOfKey | undefined;
}

/** All slots: active ones first, the newest of each first. @throws VaultProofError */
export async function loadSlots(session: Session): Promise<readonly SlotWithCalls[]> {
  const vault = await session.vault();
  const [slots, stats] = await Promise.all([
    vault.keys.list(),
    vault.stats.byKey().catch((): readonly StatsOfKey[] => []),
  ]);
  const byId = new Map(stats.map((one) => [one.id, one]));
  return slots
    .map((slot) => ({ slot, stats: byId.get(slot.id) }))
    .sort((a, b) => rank(a.slot) - rank(b.slot) || b.slot.createdAt - a.slot.createdAt);
}

/** One slot, and the bundles that this browser keeps of it. */
export interface SlotHere extends SlotWithCalls {
  readonly kept: readonly KeptBundle[];
}

/** One slot; undefined where there is none of this id. @throws VaultProofError */
export async function loadSlot(session: Session, keySlotId: string): Promise<SlotHere | undefined> {
  const [slots, kept] = await Promise.all([loadSlots(session), session.keystore.listBundles()]);
  const found = slots.find(({ slot }) => slot.id === keySlotId);
  return found && { ...found, kept: kept.filter((bundle) => bundle.keySlotId === keySlotId) };
}

function rank({ status }: KeySlot): number {
  return status === "active" ? 0 : 1;
}
