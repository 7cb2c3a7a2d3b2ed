import { destinationDigest } from "@vaultproof/protocol/destination";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { deriveDeveloperIdentity, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { splitKey } from "@vaultproof/protocol/record";
import type { Prover, VaultProofApp } from "@vaultproof/sdk";
import type { Test } from "tap";
import { openDevice, type Device } from "./device.js";
import { openProver } from "./proved-calls.js";
import { openApp } from "./sdk-clients.js";
import { createSecretSearch, type Secret } from "./secret-search.js";
import { startStack, type Stack } from "./stack.js";
import { setTrap, type Trap } from "./trap.js";

/** The stack's provider as a name that the operator lists. */
export const PROVIDER_NAME = "provider.test";
const RESOLVER = new URL("./test-resolver.js", import.meta.url).href;

/**
 * The whole way of a call, with traps around it: on every address of this machine, and where the environment's proxy
 * variables point. The operator lists {@link PROVIDER_NAME} and the address 127.0.0.2, nothing else.
 */
export interface EgressStage {
  readonly stack: Stack;
  readonly device: Device;
  readonly prover: Prover;
  readonly trap: Trap;
  readonly proxyTrap: Trap;
  /** The stack's provider by its listed name. */
  readonly providerUrl: string;
  /** Stores the provider's key for an origin. */
  readonly store: (baseUrl: string) => Promise<{ bundle: string; app: VaultProofApp }>;
  /** That nobody has come to a trap, and that no log line of any process holds a secret of the device's. */
  readonly assertNothingLeft: (t: Test) => void;
}

/**
 * Sets it all up; it goes with the test.
 *
 * @param names what names resolve to, each look-up in turn.
 * @param options.insecure names besides that may be called over plain HTTP.
 */
export async function setEgressStage(
  t: Test,
  names: Readonly<Record<string, readonly (readonly string[])[]>> = {},
  options: {
    readonly insecure?: readonly string[];
    readonly serverEnv?: Readonly<Record<string, string>>;
  } = {},
): Promise<EgressStage> {
  const trap = await setTrap(t, "::");
  const proxyTrap = await setTrap(t, "127.0.0.1");
  const proxy = `http://127.0.0.1:${proxyTrap.port}`;
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const stack = await startStack({
    serverEnv: {
      NODE_OPTIONS: `--import=${RESOLVER}`,
      TEST_NAMES: JSON.stringify({ ...names, [PROVIDER_NAME]: [["127.0.0.1"]] }),
      UPSTREAM_ALLOW_PRIVATE: `${PROVIDER_NAME},127.0.0.2`,
      UPSTREAM_ALLOW_INSECURE: [PROVIDER_NAME, ...(options.insecure ?? [])].join(),
      ...{ ...Object.fromEntries(proxies.map((name) => [name, proxy])), NODE_USE_ENV_PROXY: "1" },
      ...options.serverEnv,
    },
  });
  t.teardown(() => stack.close());
  const device = await openDevice(t, { url: stack.edgeUrl, identity: stack.identity });
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const secrets: Secret[] = [
    { name: "the provider's key", bytes: Buffer.from(stack.provider.key) },
    { name: "the developer key", bytes: Buffer.from(device.developerKey) },
  ];

  return {
    ...{ stack, device, prover, trap, proxyTrap },
    providerUrl: `http://${PROVIDER_NAME}:${new URL(stack.provider.origin).port}`,
    async store(baseUrl) {
      const apiKey = stack.provider.key;
      const { bundles } = await device.vault.keys.store({
        ...{ apiKey, provider: "custom", baseUrl, label: baseUrl, apps: ["my-app"] },
      });
      const bundle = bundles["my-app"] ?? "";
      secrets.push(...sharesOf({ bundle, baseUrl, apiKey, developerKey: device.developerKey }));
      return { bundle, app: await openApp(t, { url: stack.edgeUrl, bundle, prover }) };
    },
    assertNothingLeft(t) {
      t.equal(trap.connections(), 0, "nobody came to the private network");
      t.equal(proxyTrap.connections(), 0, "nor to a proxy of the environment");
      const logs = Buffer.from(stack.logs());
      t.equal(stack.serverEnv.LOG_LEVEL, "trace");
      t.ok(logs.includes('"msg":"answered"'), "there are logs to search");
      const search = createSecretSearch(secrets);
      t.same(search(logs), [], `no secret of ${secrets.length} is in ${logs.length} bytes of logs`);
      for (const { name, bytes } of secrets) {
        const planted = Buffer.concat([logs, Buffer.from(Buffer.from(bytes).toString("base64"))]);
        t.match(search(planted).join(), name, "the search would find it");
      }
    },
  };
}

function sharesOf(about: {
  readonly bundle: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly developerKey: string;
}): Secret[] {
  const { slotId, share2 } = parseBundle(about.bundle);
  const { publicKey } = deriveDeveloperIdentity(parseDeveloperKey(about.developerKey));
  const destination = destinationDigest(resolveDestination({ provider: "custom", baseUrl: about.baseUrl }));
  const binding = { slotId, developerPublicKey: publicKey, destination };
  const { share1 } = splitKey(Buffer.from(about.apiKey), binding, (bytes) => bytes.set(share2));
  return [
    { name: `share 1 for ${about.baseUrl}`, bytes: share1 },
    { name: `share 2 for ${about.baseUrl}`, bytes: share2 },
  ];
}
