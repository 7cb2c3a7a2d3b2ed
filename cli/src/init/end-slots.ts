import { VaultProofError } from "@vaultproof/sdk";
import { showTime } from "../report.js";
import { withRecordVault, type RecordAccess } from "./record-vault.js";

/**
 * Ends the slots of a record, which nothing uses any more. That the service is away is no reason to keep the keys from
 * the files.
 *
 * @returns ids of those that were ended.
 */
export async function endSlots(access: RecordAccess): Promise<string[]> {
  const { record, report } = access;
  const ids = record.keys.flatMap(({ keySlotId }) => (keySlotId === undefined ? [] : [keySlotId]));
  const ended: string[] = [];
  try {
    await withRecordVault(access, async (vault) => {
      const slots = new Map((await vault.keys.list()).map((slot) => [slot.id, slot]));
      for (const id of ids) {
        const slot = slots.get(id);
        if (slot?.status !== "active") continue;
        if (slot.rotatedAt !== null) {
          // Not the key that is in the file now: nobody may have it anywhere else.
          report.warn(
            `${slot.label} holds a newer key, of ${showTime(slot.rotatedAt)}; it stays in the vault, and the file has the older one. ` +
              `End it with: vaultproof keys revoke ${id}`,
          );
          continue;
        }
        await vault.keys.revoke(id);
        ended.push(id);
      }
    });
  } catch (error) {
    if (!(error instanceof VaultProofError)) throw error;
    const left = ids.filter((id) => !ended.includes(id));
    report.warn(`${error.message}. End what is left yourself: vaultproof keys revoke ${left.join(" ")}`);
  }
  return ended;
}
