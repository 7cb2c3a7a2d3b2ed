import type { DeveloperVault, KeptBundle } from "@vaultproof/sdk/browser";
import type { Session } from "../session/session.js";

/** A developer's slot as the list gives it. */
export type KeySlot = Awaited<ReturnType<DeveloperVault["keys"]["list"]>>[number];

/** An app that this browser can call as. */
export interface CallableApp {
  readonly kept: KeptBundle;
  readonly slot: KeySlot;
}

/** What there is to call with. */
export interface CallableApps {
  readonly apps: readonly CallableApp[];
  /** Slots that are not revoked, newest first. */
  readonly slots: readonly KeySlot[];
}

/** App id that this page is granted for itself. */
const PAGE_APP = "playground";

/** Active slots, and the apps of them whose bundle this browser keeps. @throws VaultProofError */
export async function listCallableApps(session: Session): Promise<CallableApps> {
  const vault = await session.vault();
  const [listed, kept] = await Promise.all([vault.keys.list(), session.keystore.listBundles()]);
  const slots = listed.filter(({ status }) => status === "active").toReversed();
  const apps = slots.flatMap((slot) =>
    kept
      .filter(({ keySlotId, appId }) => keySlotId === slot.id && isGranted(slot, appId))
      .map((bundle) => ({ kept: bundle, slot })),
  );
  return { apps, slots };
}

/**
 * Lets this page call with a key: grants it an app id of its own, and keeps the bundle in this browser. No app that was
 * granted before is touched.
 *
 * @throws VaultProofError
 */
export async function grantThisPage(session: Session, slot: KeySlot): Promise<KeptBundle> {
  const vault = await session.vault();
  let appId: string = PAGE_APP;
  for (let i = 2; isGranted(slot, appId); i++) appId = `${PAGE_APP}-${i}`;
  const { bundle } = await vault.apps.grant(slot.id, appId);
  const kept = { keySlotId: slot.id, appId, bundle };
  await session.keystore.saveBundle(kept);
  return kept;
}

/**
 * Keeps the bundle of an app that is granted already, made again from what this device knows.
 *
 * @throws VaultProofError `state-missing` where another device granted it.
 */
export async function keepBundle(session: Session, slot: KeySlot, appId: string): Promise<KeptBundle> {
  const vault = await session.vault();
  const kept = { keySlotId: slot.id, appId, bundle: await vault.apps.bundle(slot.id, appId) };
  await session.keystore.saveBundle(kept);
  return kept;
}

function isGranted(slot: KeySlot, appId: string): boolean {
  return slot.appGrants.some((grant) => grant.appId === appId);
}
