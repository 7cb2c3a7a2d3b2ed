import type { KeySlot } from "@vaultproof/protocol/developer-routes";

/** New bundles after a change of the shares. */
export interface Renewed {
  readonly title: string;
  readonly bundles: Readonly<Record<string, string>>;
  /** Apps whose bundle this browser kept and now has anew. */
  readonly kept: readonly string[];
}

/** What a change of the shares costs. */
export function endOfBundles(slot: KeySlot): string {
  const apps = slot.appGrants.map(({ appId }) => appId);
  if (apps.length === 0) return "No app uses this key now.";
  return `The bundles of ${apps.join(", ")} are dead from then on; you are given new ones.`;
}
