import { randomBytes } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Test } from "tap";
import type { CommandContext } from "vaultproof/context";
import { writePrivateFile } from "vaultproof/state/config-folder";
import { MASTER_KEY_BYTES, wrapMasterKey } from "vaultproof/state/master-key";
import { runCommand, type CommandOptions } from "./command.js";
import { referenceStringFolder } from "./reference-string.js";
import type { Stack } from "./stack.js";

/** What a command left behind. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody's machine: a folder of configuration, a passphrase in a file, no keyring, and a service. */
export interface CliDevice {
  readonly configDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** For what a test does in its own process, with nobody to ask. */
  readonly context: CommandContext;
  /** Runs the command to its end. */
  run(
    args: readonly string[],
    options?: CommandOptions & { env?: Record<string, string> },
  ): Promise<CommandEnd>;
  /** A new empty folder, its real path. */
  folder(): Promise<string>;
}

/** A passphrase that is dear to guess is dear to every command too. */
async function makeSecretsCheap(configDir: string, passphrase: string): Promise<void> {
  const cost = { memoryKiB: 8, iterations: 1, parallelism: 1 };
  const protection = await wrapMasterKey(randomBytes(MASTER_KEY_BYTES), Buffer.from(passphrase), cost);
  await writePrivateFile(join(configDir, "secrets", "protection.json"), JSON.stringify(protection));
}

/**
 * Makes a device; its folders go with the test.
 *
 * @param options.fresh leaves the first secret to the first command, at its full cost.
 */
export async function makeDevice(
  t: Test,
  url: string,
  options: { readonly fresh?: boolean } = {},
): Promise<CliDevice> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "vaultproof-cli-")));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const passphraseFile = join(root, "passphrase");
  const passphrase = randomBytes(12).toString("hex");
  await writeFile(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
  const configDir = join(root, "config");
  if (options.fresh !== true) await makeSecretsCheap(configDir, passphrase);
  const env = {
    VAULTPROOF_CONFIG_DIR: configDir,
    VAULTPROOF_PASSPHRASE_FILE: passphraseFile,
    VAULTPROOF_KEYRING: "off",
    VAULTPROOF_URL: url,
    CRS_PATH: referenceStringFolder,
  };
  return {
    configDir,
    env,
    context: {
      env,
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      cwd: root,
      setExitCode: () => undefined,
    },
    run: async (args, { env: more, ...options } = {}) => {
      const command = runCommand(args, { ...env, ...more }, options);
      t.teardown(() => command.child.kill("SIGKILL"));
      const code = await command.exited;
      return { code, stdout: command.stdout, stderr: command.stderr };
    },
    folder: () => mkdtemp(join(root, "project-")),
  };
}

/** A device whose developer is new and logged in. */
export async function makeLoggedInDevice(
  t: Test,
  stack: Pick<Stack, "edgeUrl" | "identity">,
): Promise<CliDevice> {
  const device = await makeDevice(t, stack.edgeUrl);
  const { code, stderr } = await device.run([
    "login",
    "--new",
    "--kind",
    "live",
    "--server-identity",
    stack.identity,
  ]);
  if (code !== 0) throw new Error(`login failed: ${stderr}`);
  return device;
}
