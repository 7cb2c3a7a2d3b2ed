import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDERS, type ProviderSlug } from "@vaultproof/protocol/providers";
import { startEmbeddedStack, type EmbeddedStack } from "../stack/embedded-stack.js";
import type { Terminal } from "../terminal.js";
import { startLocalProvider, type LocalProvider } from "./local-provider.js";
import type { ProviderChoice } from "./provider-choice.js";
import type { Environment } from "../environment.js";

/** Everything that the demo acts on. */
export interface Scene {
  readonly stack: EmbeddedStack;
  /** Undefined where a real provider is called. */
  readonly localProvider: LocalProvider | undefined;
  readonly apiKey: string;
  /** Where the key may go, as it is stored. */
  readonly destination: { readonly provider: ProviderSlug; readonly baseUrl?: string };
  /** Folder for the SDK's state. */
  readonly stateDir: string;
}

/** Things to undo, last one first. */
export interface Cleanup {
  add(undo: () => Promise<void>): void;
  run(): Promise<void>;
}

/** A list of things to undo that runs whole even if one of them fails. */
export function createCleanup(): Cleanup {
  const undos: (() => Promise<void>)[] = [];
  return {
    add: (undo) => {
      undos.push(undo);
    },
    async run() {
      const failures: unknown[] = [];
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
        await undo().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, "the demo could not clean up");
    },
  };
}

/** Variables of the caller that the demo's stack takes over. All others would point it at somebody's real data. */
const KEPT = ["CRS_PATH", "HOME", "USERPROFILE", "PATH", "TMPDIR", "TEMP", "TMP"];

/** Starts provider and stack on free ports, in a temporary folder that `cleanup` removes. */
export async function setScene(options: {
  choice: ProviderChoice;
  env: Environment;
  cleanup: Cleanup;
}): Promise<Scene> {
  const { choice, env, cleanup } = options;
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-demo-"));
  cleanup.add(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

  const apiKey = choice.apiKey ?? `sk-demo-${randomBytes(24).toString("hex")}`;
  const localProvider = choice.provider === undefined ? await startLocalProvider({ apiKey }) : undefined;
  if (localProvider !== undefined) cleanup.add(() => localProvider.close());

  const stack = await startEmbeddedStack({
    ...Object.fromEntries(KEPT.map((name) => [name, env[name]])),
    ...egressTo(localProvider),
    DATA_DIR: join(folder, "server"),
    EDGE_PORT: "0",
    SERVER_PORT: "0",
    OPS_PORT: "0",
    // What goes wrong is reported by the demo itself.
    LOG_LEVEL: "fatal",
  });
  cleanup.add(() => stack.close());
  return {
    stack,
    localProvider,
    apiKey,
    destination: destinationOf(choice, localProvider),
    stateDir: join(folder, "device"),
  };
}

function destinationOf({ provider }: ProviderChoice, local: LocalProvider | undefined): Scene["destination"] {
  if (provider !== undefined) return { provider };
  return { provider: "custom", ...(local === undefined ? {} : { baseUrl: local.url }) };
}

/** A server refuses plain HTTP and private addresses; the local provider is both. */
function egressTo(provider: LocalProvider | undefined): Environment {
  if (provider === undefined) return {};
  const { host } = new URL(provider.url);
  return { UPSTREAM_ALLOW_PRIVATE: host, UPSTREAM_ALLOW_INSECURE: host };
}

/** Says what runs where, and what the provider insists on. */
export function showScene(options: {
  terminal: Terminal;
  scene: Scene;
  choice: ProviderChoice;
  took: string;
}): void {
  const { terminal, scene, choice, took } = options;
  const { stack, localProvider, apiKey } = scene;
  terminal.good(`server and edge are up (${took})`);
  terminal.text(`edge      ${stack.edgeUrl}   apps and developers talk to this`);
  terminal.text(`backend   ${stack.serverUrl}   answers only what the edge has signed`);
  terminal.text(`identity  ${stack.identity}`);
  const masked = `${apiKey.slice(0, 8)}… (${apiKey.length} characters)`;
  if (localProvider !== undefined) {
    terminal.text(`provider  ${localProvider.url}   a local one; answers 401 to every key but ${masked}`);
  } else if (choice.provider !== undefined) {
    const { name, baseUrl } = PROVIDERS[choice.provider];
    terminal.text(`provider  ${baseUrl}   ${name}, with your key ${masked}`);
  }
}
