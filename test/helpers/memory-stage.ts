import { randomBytes } from "node:crypto";
import { parseBundle } from "@vaultproof/protocol/bundle";
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
  /** Stores a random key, refreshes its shares, rotates to another key, and calls with each. */
  rotate(t: Test, placement: Placement, baseUrl: string): Promise<readonly Secret[]>;
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
    async rotate(t, placement, baseUrl) {
      const changed = await rotateCanary(t, { device, stack, prover, placement, baseUrl });
      secrets.push(...changed);
      return changed;
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

/** The secrets of all three versions, and the mask between the first two. */
async function rotateCanary(t: Test, about: Parameters<typeof storeCanary>[1]): Promise<Secret[]> {
  const { device, stack, prover, placement, baseUrl } = about;
  const { header, template, keyLength } = placement;
  const [first, second] = [0, 1].map(() => randomBytes(keyLength).toString("base64url").slice(0, keyLength));
  const authHeader = { name: header, template };
  const destination = resolveDestination({ provider: "custom", baseUrl, authHeader });
  const versions: { bundle: string; providerKey: string }[] = [];
  const use = async (bundles: Readonly<Record<string, string>>, providerKey = "") => {
    const bundle = bundles["my-app"] ?? "";
    versions.push({ bundle, providerKey });
    const app = await openApp(t, { url: stack.edgeUrl, bundle, prover });
    t.equal((await app.fetch("/ok")).status, 200);
  };
  const { keySlotId, bundles } = await device.vault.keys.store({
    ...{ apiKey: first ?? "", provider: "custom", baseUrl, authHeader, label: header, apps: ["my-app"] },
  });
  await use(bundles, first);
  await use((await device.vault.keys.refresh(keySlotId)).bundles, first);
  await use((await device.vault.keys.rotate(keySlotId, { apiKey: second ?? "" })).bundles, second);
  const [before, after] = versions.map(({ bundle }) => parseBundle(bundle).share2);
  const mask = before?.map((byte, i) => byte ^ (after?.[i] ?? 0)) ?? new Uint8Array();
  const { developerKey } = device;
  return [
    { name: `mask of ${keySlotId.slice(0, 4)}`, bytes: mask },
    ...versions.flatMap((version, i) =>
      slotSecrets({ name: `version ${i + 1} at ${baseUrl}`, developerKey, destination, ...version }),
    ),
  ];
}

/** Where a slot's provider answers as the path says. */
export interface ScenePlace {
  readonly stage: MemoryStage;
  readonly provider: MoodyProvider;
  readonly slot: CanarySlot;
}
