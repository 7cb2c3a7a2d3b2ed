import { parseBundle } from "@vaultproof/protocol/bundle";
import { nameDigest, type DeviceFiles } from "../src/device-files.js";
import { VaultProofError } from "../src/sdk-error.js";
import type { KeptBundle } from "./keystore.js";

const PREFIX = "bundle-";

/** Files: `bundle-<digest of slot and app>`, encrypted as all of a developer's. */
export async function listKeptBundles(files: DeviceFiles): Promise<readonly KeptBundle[]> {
  const names = await files.list(PREFIX);
  const kept = await Promise.all(names.map((name) => files.load(name)));
  return kept
    .filter((file) => file !== undefined)
    .map((file) => {
      const { keySlotId, appId, bundle } = file as unknown as KeptBundle;
      return { keySlotId, appId, bundle };
    });
}

/** @throws VaultProofError `invalid-argument` for what is no bundle of that slot and app. */
export async function saveKeptBundle(files: DeviceFiles, kept: KeptBundle): Promise<void> {
  const { keySlotId, appId, bundle } = kept;
  requireBundle(kept);
  await files.save(fileOf(keySlotId, appId), { keySlotId, appId, bundle });
}

export async function removeKeptBundle(files: DeviceFiles, keySlotId: string, appId: string): Promise<void> {
  await files.remove(fileOf(keySlotId, appId));
}

function requireBundle({ keySlotId, appId, bundle }: KeptBundle): void {
  let found: { readonly slotId: string; readonly appId: string } | undefined;
  try {
    found = parseBundle(bundle);
  } catch {
    // Said below, without the text.
  }
  if (found?.slotId === keySlotId && found.appId === appId) return;
  throw new VaultProofError("invalid-argument", "bundle is not one of that slot and app");
}

function fileOf(keySlotId: string, appId: string): string {
  return PREFIX + nameDigest("vaultproof bundle file v1", JSON.stringify([keySlotId, appId]));
}
