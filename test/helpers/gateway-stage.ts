import type { Test } from "tap";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { openProjectStore } from "vaultproof/projects/open-project-store";
import { projectSlot, type ProjectStore } from "vaultproof/projects/project";
import { makeDevice } from "./cli-device.js";
import { runCommand, type RunningCommand } from "./command.js";
import { anthropicApi, openAiApi, watchApi, type ApiWatch } from "./provider-api.js";
import { startProvider, type LocalProvider } from "./provider.js";
import { startRecordingProxy } from "./recording-proxy.js";
import { openVault } from "./sdk-clients.js";
import { startStack, type Stack } from "./stack.js";

/** A person's machine: projects in its folder of settings, and providers behind a real stack. */
export interface GatewayStage {
  readonly stack: Stack;
  readonly openai: LocalProvider;
  readonly anthropic: LocalProvider;
  readonly watch: ApiWatch;
  /** Origin of the service, with a wire-tap before it. */
  readonly url: string;
  /** By slug; each an app `my-app`'s. */
  readonly bundles: Readonly<Record<"openai" | "anthropic", string>>;
  readonly slotIds: Readonly<Record<"openai" | "anthropic", string>>;
  readonly vault: Awaited<ReturnType<typeof openVault>>;
  /** Variables that the command needs to find its settings. */
  readonly env: Readonly<Record<string, string>>;
  readonly projects: ProjectStore;
  /** Adds a project that may call these, and gives its token. */
  addProject(options?: { id?: string; folder?: string; slugs?: ("openai" | "anthropic")[] }): Promise<string>;
  /** Starts `vaultproof gateway`, on a free port unless told. */
  startGateway(...args: string[]): Promise<{ url: string; port: number; command: RunningCommand }>;
  /** Nullifiers of every call that was sent to the service so far, in order. */
  nullifiers(): string[];
}

/** Starts it all; it ends with the test. */
export async function setGatewayStage(t: Test): Promise<GatewayStage> {
  const watch = watchApi();
  const stack = await startStack();
  t.teardown(() => stack.close());
  const openai = stack.provider;
  const anthropic = await startProvider({
    key: `sk-ant-api03-${newGatewayToken().slice(4)}`,
    header: "x-api-key",
    template: "{key}",
  });
  t.teardown(() => anthropic.close());
  openai.respond(openAiApi(watch));
  anthropic.respond(anthropicApi(watch));
  const vault = await openVault(t, stack);
  const store = async (provider: "openai" | "anthropic", { key, origin }: LocalProvider) => {
    const apps = ["my-app"];
    const stored = await vault.keys.store({ apiKey: key, provider, baseUrl: origin, label: provider, apps });
    return { slotId: stored.keySlotId, bundle: stored.bundles["my-app"] ?? "" };
  };
  const slots = { openai: await store("openai", openai), anthropic: await store("anthropic", anthropic) };
  const proxy = await startRecordingProxy(t, stack.edgeUrl);
  const device = await makeDevice(t, proxy.url);
  const home = await device.folder();
  const env = { ...device.env, HOME: home };
  const projects = openProjectStore({ ...device.context, env });
  return {
    ...{ stack, openai, anthropic, watch, vault, env, projects, url: proxy.url },
    bundles: { openai: slots.openai.bundle, anthropic: slots.anthropic.bundle },
    slotIds: { openai: slots.openai.slotId, anthropic: slots.anthropic.slotId },
    async addProject(project = {}) {
      const { id = "a-project", folder = home, slugs = ["openai", "anthropic"] } = project;
      const token = newGatewayToken();
      const made = slugs.map((slug) => projectSlot({ slug, bundle: slots[slug].bundle, url: proxy.url }));
      await projects.put({ id, folder, tokenDigest: gatewayTokenDigest(token), slots: made });
      return token;
    },
    async startGateway(...args) {
      const command = runCommand(["gateway", "--port", "0", ...args], env);
      t.teardown(() => {
        command.child.kill("SIGKILL");
        return command.exited;
      });
      const [, url = ""] = await command.waitFor(/gateway listening on (http:\/\/127\.0\.0\.1:\d+)\n/);
      return { url, port: Number(new URL(url).port), command };
    },
    nullifiers: () =>
      [...proxy.traffic().values()].flatMap((bytes) =>
        [...bytes.toString("latin1").matchAll(/"nullifier":"([0-9a-f]{64})"/g)].map(([, text = ""]) => text),
      ),
  };
}
