import { randomBytes } from "node:crypto";
import { resolveDestination } from "@vaultproof/protocol/providers";
import type { Prover, VaultProofApp } from "@vaultproof/sdk";
import type { Test } from "tap";
import { openDevice, type Device } from "./device.js";
import type { MoodyProvider } from "./moody-provider.js";
import { childrenOf, searchProcess } from "./process-memory.js";
import { openApp } from "./sdk-clients.js";
import type { Secret } from "./secret-search.js";
import { slotSecrets } from "./slot-secrets.js";
import type { Stack } from "./stack.js";
import { createWindowSearch } from "./window-search.js";

/** How a key is presented. */
export interface Placement {
  readonly header: string;
  readonly template: string;
  /** Characters of the key. */
  readonly keyLength: number;
}

/** The ways that providers want their key, with keys shorter and longer than what V8 keeps on its own heap. */
export const PLACEMENTS = {
  bearer: { header: "authorization", template: "Bearer {key}", keyLength: 40 },
  short: { header: "x-api-key", template: "{key}", keyLength: 20 },
  google: { header: "x-goog-api-key", template: "{key}", keyLength: 39 },
  basic: { header: "authorization", template: "Basic {key}", keyLength: 64 },
  custom: { header: "x-token", template: "Token token={key}; version=1", keyLength: 100 },
  longest: { header: "authorization", template: "Bearer {key}", keyLength: 4096 },
} as const satisfies Record<string, Placement>;

/** A stored canary key with an app that uses it. */
export interface CanarySlot {
  readonly app: VaultProofApp;
  readonly bundle: string;
  readonly secrets: readonly Secret[];
  /** The header's value as the provider has to see it. */
  readonly credential: string;
}

/** Developers and apps around a stack, whose secrets are looked for in its processes. */
export interface MemoryStage {
  readonly stack: Stack;
  readonly prover: Prover;
  /** Stores a random key for an origin and opens an app of it. */
  store(placement: Placement, baseUrl: string): Promise<CanarySlot>;
  /** What of all that was stored lies in the memory of server, edge and their children, by process. */
  search(): Promise<Record<string, string[]>>;
}

/** Registers a developer and gives the stage. */
export async function setMemoryStage(
  t: Test,
  { stack, prover }: { stack: Stack; prover: Prover },
): Promise<MemoryStage> {
  const device = await openDevice(t, { url: stack.edgeUrl, identity: stack.identity });
  const secrets: Secret[] = [];
  return {
    stack,
    prover,
    async store(placement, baseUrl) {
      const slot = await storeCanary(t, { device, stack, prover, placement, baseUrl });
      secrets.push(...slot.secrets);
      return slot;
    },
    search() {
      const search = createWindowSearch(secrets);
      const found: Record<string, string[]> = {};
      for (const [name, processes] of Object.entries({ server: stack.servers, edge: stack.edges })) {
        for (const { child } of processes) {
          for (const pid of [child.pid, ...childrenOf(child.pid)]) {
            const label = pid === child.pid ? name : `child of ${name}`;
            const findings = searchProcess(pid, search);
            t.comment(`${label}: ${Math.round(findings.bytes / 1e6)} MB searched`);
            found[label] = [...new Set([...(found[label] ?? []), ...findings.found])];
          }
        }
      }
      return Promise.resolve(found);
    },
  };
}

async function storeCanary(
  t: Test,
  about: { device: Device; stack: Stack; prover: Prover; placement: Placement; baseUrl: string },
): Promise<CanarySlot> {
  const { device, stack, prover, placement, baseUrl } = about;
  const { header, template, keyLength } = placement;
  const key = randomBytes(keyLength).toString("base64url").slice(0, keyLength);
  const authHeader = { name: header, template };
  const { keySlotId, bundles } = await device.vault.keys.store({
    ...{ apiKey: key, provider: "custom", baseUrl, authHeader, label: header },
    apps: ["my-app"],
  });
  const bundle = bundles["my-app"] ?? "";
  return {
    app: await openApp(t, { url: stack.edgeUrl, bundle, prover }),
    bundle,
    secrets: slotSecrets({
      name: `${header} of ${keyLength} at ${baseUrl} (${keySlotId.slice(0, 4)})`,
      ...{ developerKey: device.developerKey, bundle, providerKey: key },
      destination: resolveDestination({ provider: "custom", baseUrl, authHeader }),
    }),
    credential: template.replace("{key}", key),
  };
}

/** Where a slot's provider answers as the path says. */
export interface ScenePlace {
  readonly stage: MemoryStage;
  readonly provider: MoodyProvider;
  readonly slot: CanarySlot;
}
