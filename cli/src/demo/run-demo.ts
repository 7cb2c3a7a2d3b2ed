import { VaultProof, VaultProofApp } from "@vaultproof/sdk";
import type { Environment } from "../environment.js";
import { duration, type Terminal } from "../terminal.js";
import { beRefused } from "./be-refused.js";
import type { Play } from "./play.js";
import { makeProvedCalls } from "./proved-calls.js";
import { chooseProvider } from "./provider-choice.js";
import { createCleanup, setScene, showScene, type Cleanup } from "./scene.js";
import { storeKey } from "./store-key.js";
import { createVerdict, type Verdict } from "./verdict.js";
import { createWireTap } from "./wire-tap.js";

/**
 * Does the whole job for real and shows it: stores a key, makes proved calls, has five requests refused.
 *
 * @param options.interrupted rejects when the user wants to stop; everything is cleaned up then too.
 * @returns whether every answer came out exactly as it must.
 * @throws CliError and what the SDK throws.
 */
export async function runDemo(options: {
  readonly env: Environment;
  readonly terminal: Terminal;
  readonly interrupted: Promise<never>;
}): Promise<boolean> {
  const cleanup = createCleanup();
  try {
    return await Promise.race([play({ ...options, cleanup }), options.interrupted]);
  } finally {
    await cleanup.run();
  }
}

async function play(options: {
  readonly env: Environment;
  readonly terminal: Terminal;
  readonly cleanup: Cleanup;
}): Promise<boolean> {
  const { env, terminal, cleanup } = options;
  const started = performance.now();
  const choice = chooseProvider(env);
  const verdict = createVerdict(terminal);
  const tap = createWireTap();
  const observe = tap.observe.bind(tap);

  terminal.heading("1  Start the stack");
  const { value: scene, took } = await terminal.timed("starting", () => setScene({ choice, env, cleanup }));
  showScene({ terminal, scene, choice, took });
  const at: Play = { terminal, verdict, tap, choice, scene };
  const url = scene.stack.edgeUrl;

  terminal.heading("2  Store the key");
  const developerKey = VaultProof.generateDeveloperKey("test");
  const serverIdentity = scene.stack.identity;
  const vault = await VaultProof.open({
    url,
    developerKey,
    serverIdentity,
    stateDir: scene.stateDir,
    observe,
  });
  cleanup.add(() => vault.close());
  const { keySlotId, bundle } = await storeKey(at, vault);

  terminal.heading("3  Make a proved call");
  const app = await VaultProofApp.open({ url, bundle, observe });
  cleanup.add(() => app.close());
  const firstCall = await makeProvedCalls(at, app);

  terminal.heading("4  Five refusals");
  await beRefused(at, { app, firstCall, revoke: () => vault.keys.revoke(keySlotId) });

  return finish(terminal, verdict, performance.now() - started);
}

function finish(terminal: Terminal, verdict: Verdict, milliseconds: number): boolean {
  terminal.blank();
  const took = duration(milliseconds);
  if (verdict.good) terminal.good(`all ${verdict.checks} checks came out as they must, in ${took}`);
  else terminal.bad("not everything came out as it must: see the marks above");
  return verdict.good;
}
