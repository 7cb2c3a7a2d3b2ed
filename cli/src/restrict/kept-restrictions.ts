import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import type { Restrictions } from "@vaultproof/protocol/restrictions";

/**
 * What an app may do with a slot now: a new bundle for it must not let it do more without anybody saying so.
 *
 * @returns undefined where it is not restricted, or not granted at all.
 */
export function keptRestrictions(
  slots: readonly Pick<KeySlot, "id" | "appGrants">[],
  { keySlotId, appId }: { readonly keySlotId: string; readonly appId: string },
): Restrictions | undefined {
  const grants = slots.find(({ id }) => id === keySlotId)?.appGrants;
  return grants?.find((grant) => grant.appId === appId)?.restrictions ?? undefined;
}
