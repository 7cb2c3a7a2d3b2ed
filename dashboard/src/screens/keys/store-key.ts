import { VaultProofError, type DeveloperVault } from "@vaultproof/sdk/browser";
import type { Session } from "../../session/session.js";
import type { KeyDetails } from "./key-draft.js";
import { keepBundles } from "./kept-bundles.js";
import { watchLeaving, type Leaving } from "./leaving.js";
import { findShares } from "./share-search.js";

/** What became of a key. */
export type StoreOutcome =
  | {
      readonly kind: "stored";
      readonly keySlotId: string;
      readonly bundles: Readonly<Record<string, string>>;
      /** Apps whose bundle this browser keeps. */
      readonly kept: readonly string[];
      /** Why the bundles could not be kept. */
      readonly keepError?: unknown;
      readonly leaving: Leaving;
      /** Names of shares and bundles that stood in what was sent: none. */
      readonly sharesFound: readonly string[];
    }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly stored: "no" | "yes" | "unknown";
      /** The slot that it would be, or is. */
      readonly keySlotId: string | undefined;
      readonly leaving: Leaving;
    };

/**
 * Stores a key. Never throws: whatever happens, the outcome says whether anything was stored.
 *
 * @param key overwritten in the end.
 */
export async function storeKey(
  session: Session,
  key: Uint8Array<ArrayBuffer>,
  { keep, ...details }: KeyDetails & { readonly keep: boolean },
): Promise<StoreOutcome> {
  const { outcome, leaving } = await watchLeaving(session, key, async () => {
    const vault = await session.vault();
    return vault.keys.store({ ...details, apiKey: key });
  });
  if (outcome.status === "rejected") {
    const error: unknown = outcome.reason;
    const keySlotId = error instanceof VaultProofError ? error.keySlotId : undefined;
    return { kind: "failed", error, keySlotId, leaving, stored: await wasStored(session, error, keySlotId) };
  }
  const { keySlotId, bundles } = outcome.value;
  const about = { kind: "stored", keySlotId, bundles, leaving } as const;
  const sharesFound = findShares(leaving.requests, bundles);
  if (!keep) return { ...about, sharesFound, kept: [] };
  try {
    await keepBundles(session.keystore, keySlotId, bundles);
    return { ...about, sharesFound, kept: Object.keys(bundles) };
  } catch (keepError) {
    return { ...about, sharesFound, kept: [], keepError };
  }
}

/** The list tells; where it cannot be had, only what was never sent is known not to be there. */
async function wasStored(
  session: Session,
  error: unknown,
  keySlotId: string | undefined,
): Promise<"no" | "yes" | "unknown"> {
  if (keySlotId === undefined) return "no";
  const refused = error instanceof VaultProofError && error.code === "refused" && (error.status ?? 500) < 500;
  try {
    const vault: DeveloperVault = await session.vault();
    return (await vault.keys.list()).some(({ id }) => id === keySlotId) ? "yes" : "no";
  } catch {
    return refused ? "no" : "unknown";
  }
}
