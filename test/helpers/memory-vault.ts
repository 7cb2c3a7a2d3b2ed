import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  VaultProof,
  VaultProofApp,
  type VaultProofAppOptions,
  type VaultProofOptions,
} from "@vaultproof/sdk";
import type { Test } from "tap";
import { createFakeVaultProof, type FakeVaultProof } from "./fake-vaultproof.js";
import { createStubProver, verifyStubProof, type StubProver } from "./stub-prover.js";

/** A fake service, and clients of it that leave nothing behind. */
export interface MemoryVault {
  readonly service: FakeVaultProof;
  readonly prover: StubProver;
  readonly stateDir: string;
  readonly developerKey: string;
  readonly warnings: string[];
  openVault(options?: Partial<VaultProofOptions>): Promise<VaultProof>;
  openApp(bundle: string, options?: Partial<VaultProofAppOptions>): Promise<VaultProofApp>;
  /** Stores a key for `my-app` and opens that app. */
  openStoredApp(options?: Partial<VaultProofAppOptions>): Promise<StoredApp>;
}

export interface StoredApp {
  readonly vault: VaultProof;
  readonly app: VaultProofApp;
  readonly keySlotId: string;
  readonly bundle: string;
}

/** The key that tests store and look for. */
export const CANARY_KEY = "sk-canary-4f1c9e77ab";

/** A folder that is removed after the test. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-test-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A fake service with a stub prover on both sides of the wire. */
export async function createMemoryVault(t: Test): Promise<MemoryVault> {
  const service = createFakeVaultProof(verifyStubProof);
  const prover = createStubProver();
  const stateDir = await temporaryFolder(t);
  const developerKey = VaultProof.generateDeveloperKey("test");
  const warnings: string[] = [];
  const { url, fetch } = service;
  const openVault: MemoryVault["openVault"] = (options = {}) =>
    VaultProof.open({
      url,
      fetch,
      developerKey,
      stateDir,
      onWarning: (message) => warnings.push(message),
      ...options,
    });
  const openApp: MemoryVault["openApp"] = (bundle, options = {}) =>
    VaultProofApp.open({ url, fetch, bundle, prover, ...options });
  return {
    service,
    prover,
    stateDir,
    developerKey,
    warnings,
    openVault,
    openApp,
    openStoredApp: async (options = {}) => {
      const vault = await openVault();
      const { keySlotId, bundles } = await vault.keys.store({
        apiKey: CANARY_KEY,
        provider: "openai",
        label: "a key",
        apps: ["my-app"],
      });
      const bundle = bundles["my-app"] ?? "";
      return { vault, keySlotId, bundle, app: await openApp(bundle, options) };
    },
  };
}
