import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultProof } from "@vaultproof/sdk";
import type { Child, ChildProcesses } from "./child-processes.js";

export const SERVER = new URL("../../../server/dist/main.js", import.meta.url);
const EDGE = new URL("../../../edge/dist/node/main.js", import.meta.url);
const PROVIDER = new URL("../children/provider.js", import.meta.url);

/** Edge, server and a local provider, each a process, with one key stored. */
export interface Stack {
  readonly edgeUrl: string;
  readonly serverUrl: string;
  readonly providerUrl: string;
  readonly providerKey: string;
  readonly server: Child;
  readonly edge: Child;
  /** Of the one app that may use the key. */
  readonly bundle: string;
}

/** Starts the stack on an empty database with its rate limits off, lends it, and ends it. */
export async function withStack<T>(
  options: {
    readonly children: ChildProcesses;
    readonly databaseUrl: string;
    readonly crsFolder: string;
    /** What runs as the server. */
    readonly serverScript?: URL;
  },
  use: (stack: Stack) => Promise<T>,
): Promise<T> {
  const { children, databaseUrl, crsFolder, serverScript = SERVER } = options;
  const providerKey = `sk-${randomBytes(24).toString("base64url")}`;
  const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-bench-"));
  const started: Child[] = [];
  const start = (script: URL, env: Readonly<Record<string, string>>): Child => {
    const child = children.start(script, env);
    started.push(child);
    return child;
  };
  try {
    const provider = start(PROVIDER, { PROVIDER_KEY: providerKey });
    const [, providerUrl = ""] = await provider.waitFor(/listening on (\S+)/);
    const secrets = serverSecrets();
    const server = start(serverScript, { ...serverEnv(secrets, crsFolder), DATABASE_URL: databaseUrl });
    const { url: serverUrl, identity } = await whenListening(server);
    const edge = start(EDGE, {
      EDGE_SECRETS: secrets.EDGE_SECRETS,
      EDGE_PORT: "0",
      IP_CALLS_PER_MINUTE: "0",
      IP_REGISTRATIONS_PER_MINUTE: "0",
      BACKEND_URL: serverUrl,
    });
    const [, edgeUrl = ""] = await edge.waitFor(/edge listening on (\S+)/);
    const device = { url: edgeUrl, serverIdentity: identity, stateDir };
    const bundle = await storeKey({ ...device, providerKey, providerUrl });
    return await use({ edgeUrl, serverUrl, providerUrl, providerKey, server, edge, bundle });
  } finally {
    await Promise.all(started.map((child) => child.stop()));
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** Secrets of one installation, under the names of their variables. */
export interface ServerSecrets {
  readonly SERVER_ENCRYPTION_KEY: string;
  readonly SERVER_IDENTITY_KEY: string;
  readonly EDGE_SECRETS: string;
}

export function serverSecrets(): ServerSecrets {
  const secret = (): string => randomBytes(32).toString("base64");
  return {
    SERVER_ENCRYPTION_KEY: secret(),
    SERVER_IDENTITY_KEY: secret(),
    EDGE_SECRETS: `bench:${secret()}`,
  };
}

/** A server's variables but for its database: any free port, no cap on calls, the loopback as a provider. */
export function serverEnv(secrets: ServerSecrets, crsFolder: string): Record<string, string> {
  return {
    ...secrets,
    SERVER_PORT: "0",
    OPS_PORT: "0",
    SLOT_CALLS_PER_MINUTE: "0",
    DEVELOPER_REQUESTS_PER_MINUTE: "0",
    UPSTREAM_ALLOW_INSECURE: "127.0.0.1",
    UPSTREAM_ALLOW_PRIVATE: "127.0.0.1",
    CRS_PATH: crsFolder,
  };
}

/** Waits for the line in which a server says where it listens. */
export async function whenListening(server: Child): Promise<{ url: string; identity: string }> {
  const [line] = await server.waitFor(/^.*"msg":"listening".*$/m);
  return JSON.parse(line) as { url: string; identity: string };
}

const APP_ID = "bench";

async function storeKey(options: {
  readonly url: string;
  readonly serverIdentity: string;
  readonly stateDir: string;
  readonly providerKey: string;
  readonly providerUrl: string;
}): Promise<string> {
  const { url, serverIdentity, stateDir, providerKey, providerUrl } = options;
  const developerKey = VaultProof.generateDeveloperKey("live");
  const vault = await VaultProof.open({ url, developerKey, serverIdentity, stateDir });
  const { bundles } = await vault.keys.store({
    apiKey: providerKey,
    provider: "custom",
    baseUrl: providerUrl,
    authHeader: { name: "authorization", template: "Bearer {key}" },
    label: "bench",
    apps: [APP_ID],
  });
  const bundle = bundles[APP_ID];
  if (bundle === undefined) throw new Error("no bundle came back");
  return bundle;
}
