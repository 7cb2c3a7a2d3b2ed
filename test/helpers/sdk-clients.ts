import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultProof, VaultProofApp, type VaultProofAppOptions } from "@vaultproof/sdk";
import type { Test } from "tap";
import type { Stack } from "./stack.js";

/** A developer with a new key, a state folder of its own, and the stack's identity pinned. */
export async function openVault(t: Test, stack: Stack, url = stack.edgeUrl): Promise<VaultProof> {
  const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-state-"));
  t.teardown(() => rm(stateDir, { recursive: true, force: true }));
  const developerKey = VaultProof.generateDeveloperKey("live");
  return await VaultProof.open({ url, developerKey, serverIdentity: stack.identity, stateDir });
}

/** Stores the key of the stack's provider and gives the slot and a bundle for each app, in the order of `apps`. */
export async function storeProviderKey(
  vault: VaultProof,
  { provider }: Pick<Stack, "provider">,
  apps: readonly string[] = ["my-app"],
): Promise<{ keySlotId: string; bundles: string[] }> {
  const { keySlotId, bundles } = await vault.keys.store({
    apiKey: provider.key,
    provider: "custom",
    baseUrl: provider.origin,
    label: "the local provider",
    apps: [...apps],
  });
  return { keySlotId, bundles: apps.map((app) => bundles[app] ?? "") };
}

/** An app client that is closed at the end. */
export async function openApp(t: Test, options: VaultProofAppOptions): Promise<VaultProofApp> {
  const app = await VaultProofApp.open(options);
  t.teardown(() => app.close());
  return app;
}
