import type { Keystore } from "@vaultproof/sdk/browser";

type Bundles = Readonly<Record<string, string>>;

/** Keeps bundles in this browser, so that its playground can call. @throws VaultProofError */
export async function keepBundles(keystore: Keystore, keySlotId: string, bundles: Bundles): Promise<void> {
  for (const [appId, bundle] of Object.entries(bundles))
    await keystore.saveBundle({ keySlotId, appId, bundle });
}

/**
 * Puts a slot's new bundles in the place of those that this browser keeps: the old ones are dead. One that has no new one
 * is removed.
 *
 * @returns apps whose bundle this browser keeps now.
 * @throws VaultProofError
 */
export async function renewKeptBundles(
  keystore: Keystore,
  keySlotId: string,
  bundles: Bundles,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const { appId, ...old } of await keystore.listBundles()) {
    if (old.keySlotId !== keySlotId) continue;
    const bundle = bundles[appId];
    if (bundle === undefined) {
      await keystore.removeBundle(keySlotId, appId);
    } else {
      await keystore.saveBundle({ keySlotId, appId, bundle });
      kept.push(appId);
    }
  }
  return kept;
}

/** Removes what this browser keeps of a slot. @throws VaultProofError */
export async function forgetBundles(keystore: Keystore, keySlotId: string): Promise<void> {
  await renewKeptBundles(keystore, keySlotId, {});
}
