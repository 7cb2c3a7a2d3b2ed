import { createNodeProver } from "@vaultproof/sdk";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { basePathsOf, type BasePaths } from "../exec/base-paths.js";
import { childEnvironment } from "../exec/child-environment.js";
import { runChild } from "../exec/run-child.js";
import { slotsOfRun } from "../exec/slots-of-run.js";
import { readBodyLimit } from "../gateway/body-limit.js";
import { fixedProjects, servedProjects, type ServedProject } from "../gateway/served-projects.js";
import { startGateway } from "../gateway/start-gateway.js";
import { bundlesFromEnvironment } from "../projects/bundles-from-environment.js";
import { addName, chooseApps } from "../projects/choose-apps.js";
import { findProject } from "../projects/find-project.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { gatewayTokenDigest, newGatewayToken } from "../projects/gateway-token.js";

/** What to run. */
interface ProgramToRun {
  readonly command: string;
  readonly args: readonly string[];
  /** Names of the apps to call with; empty: the one that the project has. */
  readonly apps: readonly string[];
}

/** `vaultproof exec`; needs positional options to be enabled on `program`. */
export function registerExec(program: Command, context: CommandContext): void {
  program
    .command("exec")
    .description("run a program whose provider SDKs call through a gateway of its own")
    .argument("<command>", "the program")
    .argument("[args...]", "its arguments")
    .option("--app <name>", "call with this app; may be given again", addName)
    .addHelpText("after", HELP)
    .passThroughOptions()
    .action(async (command: string, args: string[], { app = [] }: { app?: string[] }) => {
      context.setExitCode(await exec(context, { command, args, apps: app }));
    });
}

const HELP = `
  vaultproof exec -- node app.js

Sets OPENAI_BASE_URL, OPENAI_API_KEY and their like for the providers of this folder's project, and leaves out what holds
a real key of theirs. Without a project, for example in CI:

  VAULTPROOF_URL=https://…  VAULTPROOF_BUNDLE=vpb_…[,name=vpb_…]

Exit code: the program's own, or 128 + n where signal n ended it; 127 if it was not found, 126 if it may not be run.`;

/**
 * Runs a program whose provider SDKs call through a gateway in this process, with a token that ends with the run.
 * Whatever the command itself has to say goes to standard error; input and output are the program's.
 *
 * @returns the program's exit code, or 128 + n where signal n ended it.
 * @throws CliError, and what the SDK throws.
 */
async function exec(context: CommandContext, { command, args, apps }: ProgramToRun): Promise<number> {
  const { env, stdin, stdout, stderr } = context;
  const bodyLimit = readBodyLimit(env);
  const token = newGatewayToken();
  const { projects, basePaths } = await projectsOf(context, { token, apps });
  const slots = [...projects[0].slots.values()];
  const prover = await createNodeProver({ service: slots[0]?.url });
  try {
    const running = await startGateway({
      port: 0,
      prover,
      bodyLimit,
      projects: () => Promise.resolve(fixedProjects(projects)),
    });
    for (const slot of slots) running.apps.open(slot).catch(() => undefined);
    try {
      const slugs = slots.map(({ slug }) => slug);
      const child = childEnvironment({ env, gatewayUrl: running.url, token, slugs, basePaths });
      if (child.removed.length > 0) {
        stderr.write(`vaultproof: not passed on, they hold keys: ${child.removed.join(", ")}\n`);
      }
      const onTerminal = [stdin, stdout, stderr].some(({ isTTY }) => isTTY === true);
      return await runChild({ command, args, env: child.env, onTerminal });
    } finally {
      // Whoever could still read an answer has ended.
      await running.close(0);
    }
  } finally {
    await prover.close();
  }
}

/** What is served during a run. */
interface ServedRun {
  /** The run's own first. */
  readonly projects: readonly [ServedProject, ...ServedProject[]];
  readonly basePaths: BasePaths;
}

/**
 * The project of the run, under the run's token, and behind it the folder's own, under the tokens of the placeholders
 * that a program may read from `.env` by itself.
 */
async function projectsOf(
  context: CommandContext,
  { token, apps }: { readonly token: string; readonly apps: readonly string[] },
): Promise<ServedRun> {
  const { env, cwd } = context;
  const given = bundlesFromEnvironment(env);
  const tokenDigest = gatewayTokenDigest(token);
  if (given !== undefined) {
    return { projects: [{ folder: cwd, tokenDigest, slots: chooseApps(given, apps) }], basePaths: new Map() };
  }
  const stored = await openProjectStore(context).list();
  const project = findProject(stored, cwd);
  if (project === undefined) throw new CliError("no-project", `there is no project in ${cwd} or around it`);
  const ofFolder = stored.filter(({ folder }) => folder === project.folder);
  const slots = await slotsOfRun(ofFolder, apps);
  return {
    projects: [{ folder: cwd, tokenDigest, slots }, ...servedProjects(ofFolder, apps)],
    basePaths: await basePathsOf(ofFolder, slots),
  };
}
