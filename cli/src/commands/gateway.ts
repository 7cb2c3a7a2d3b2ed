import { createNodeProver } from "@vaultproof/sdk";
import { type Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../context.js";
import { readBodyLimit } from "../gateway/body-limit.js";
import {
  assertOwnToken,
  environmentProject,
  type EnvironmentProject,
} from "../gateway/environment-project.js";
import { startGateway } from "../gateway/start-gateway.js";
import { storedProjects, withFixed, type ServedProject } from "../gateway/served-projects.js";
import { CliError } from "../errors.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { addName } from "../projects/choose-apps.js";
import { listenForStop } from "../signals.js";
import { createTerminal, type Terminal } from "../terminal.js";
import { withJson, wordsTo, type CommonOptions } from "./options.js";

/** How long answers may go on once the gateway is told to stop. */
const GRACE_MS = 10_000;

/** `vaultproof gateway`. */
export function registerGateway(program: Command, context: CommandContext): void {
  const command = program
    .command("gateway")
    .description("the providers' own APIs on the loopback, for programs that know nothing of VaultProof")
    .option("--port <number>", "port on 127.0.0.1; 0 takes a free one", readPort, DEFAULT_PORT)
    .option("--app <name>", "call with this app; may be given again", addName)
    .addHelpText("after", HELP)
    .allowExcessArguments(false);
  withJson(command).action(
    async ({ port, app = [], json }: CommonOptions & { port: number; app?: string[] }) => {
      context.setExitCode(await gateway(context, { port, apps: app, json }));
    },
  );
}

const DEFAULT_PORT = 8790;
const MAX_PORT = 65_535;
const HELP = `
A program reaches it by the base URL http://127.0.0.1:8790/openai/v1 (/anthropic, /google, …) and the token of its
project in place of the key; \`vaultproof init\` writes both into .env. docs/gateway.md says what each SDK needs.

Bundles that no folder's project has, of custom providers for example, are served beside those of the projects:

  VAULTPROOF_URL=https://…  VAULTPROOF_BUNDLE=name=vpb_…[,name=vpb_…]

under a token that it prints once, when it starts, or that VAULTPROOF_GATEWAY_TOKEN gives.
Ctrl-C or SIGTERM stops it; streams may end within 10 seconds. With --json one document, once it listens.`;

function readPort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > MAX_PORT) throw new InvalidArgumentError(`0 to ${MAX_PORT}.`);
  return port;
}

/**
 * The providers' own APIs on the loopback, for the projects of this machine and the bundles of the environment, until
 * SIGINT or SIGTERM.
 *
 * @param options.apps names of the apps to call with; empty: the one that each project has.
 * @returns the exit code.
 * @throws CliError, and what the SDK throws.
 */
async function gateway(
  context: CommandContext,
  options: CommonOptions & { readonly port: number; readonly apps: readonly string[] },
): Promise<number> {
  const { port, apps } = options;
  const { env, cwd, stdout } = context;
  const terminal = createTerminal({ output: wordsTo(context, options), env });
  const bodyLimit = readBodyLimit(env);
  const store = openProjectStore(context);
  const given = environmentProject(env, { folder: cwd, apps });
  const fixed = given === undefined ? [] : [given.project];
  const kept = await (await storedProjects({ store, apps })).current();
  if (given !== undefined) assertOwnToken(given, kept);
  const first = [...kept, ...fixed];
  const [slot] = first.flatMap(({ slots }) => [...slots.values()]);
  if (slot === undefined) {
    throw new CliError("no-project", noProject(apps), {
      hint: "run `vaultproof init` in a project's folder, or set VAULTPROOF_BUNDLE and VAULTPROOF_URL",
    });
  }
  const stop = listenForStop();
  const prover = await createNodeProver({ service: slot.url });
  try {
    const running = await startGateway({
      port,
      prover,
      bodyLimit,
      projects: async (clients) => {
        const onChange = (projects: readonly ServedProject[]): void =>
          clients.keepOnly([...projects, ...fixed].flatMap(({ slots }) => [...slots.values()]));
        return withFixed(await storedProjects({ store, apps, onChange }), fixed);
      },
    });
    if (options.json === true)
      stdout.write(`${JSON.stringify(gatewayDocument(running.url, { kept, given }))}\n`);
    else showGateway(terminal, running.url, { kept, given });
    const closing = stop.received.then(async () => {
      terminal.note("stopping; a second signal stops at once");
      await running.close(GRACE_MS);
    });
    // The first call need not wait for what every call needs.
    for (const { slots } of first) {
      for (const each of slots.values()) running.apps.open(each).catch(() => undefined);
    }
    await closing;
    terminal.note("stopped");
    return 0;
  } finally {
    stop.release();
    await prover.close();
  }
}

function noProject(apps: readonly string[]): string {
  return apps.length === 0
    ? "there is no project on this machine"
    : `no project on this machine has an app ${apps.join(" or ")}`;
}

/** What is served at the start. */
interface Served {
  readonly kept: readonly ServedProject[];
  readonly given: EnvironmentProject | undefined;
}

function gatewayDocument(url: string, { kept, given }: Served): object {
  const projectDocument = ({ folder, slots }: ServedProject): object => ({
    folder,
    providers: [...slots.values()].map(({ slug, appId, providerOrigin }) => ({
      baseUrl: `${url}/${slug}`,
      appId,
      providerOrigin,
    })),
  });
  const projects = kept.map(projectDocument);
  if (given === undefined) return { url, projects };
  const token = given.newToken === undefined ? {} : { token: given.newToken };
  return { url, projects: [...projects, { ...projectDocument(given.project), ...token }] };
}

function showGateway(terminal: Terminal, url: string, { kept, given }: Served): void {
  const showSlots = ({ slots }: ServedProject): void => {
    for (const { slug, appId, providerOrigin } of slots.values()) {
      terminal.text(`  ${url}/${slug}   ${providerOrigin}, called by ${appId}`);
    }
  };
  terminal.heading(`gateway listening on ${url}`);
  for (const project of kept) {
    terminal.text(project.folder);
    showSlots(project);
  }
  if (given !== undefined) {
    const token = given.newToken ?? "that of VAULTPROOF_GATEWAY_TOKEN";
    terminal.text(`VAULTPROOF_BUNDLE, under the token ${token}`);
    showSlots(given.project);
  }
  terminal.note("Only requests with a project's token are answered. Ctrl-C stops it.");
}
