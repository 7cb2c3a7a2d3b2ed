import { parseArgs } from "node:util";
import type { Database } from "@vaultproof/db/database";
import { DatabaseError } from "@vaultproof/db/errors";
import { ConfigError, readConfig, type ProcessEnvironment, type ServerConfig } from "../config.js";
import { EmbeddedSecretsError, withEmbeddedSecrets } from "../embedded-secrets.js";
import { resealShares, type ResealProgress, type UnopenedShare } from "../keys/reseal-shares.js";
import { rewrapTransportKeys, type RewrapResult } from "../keys/rewrap-transport-keys.js";
import { createStorageKeys } from "../keys/storage-keys.js";
import { openDatabase } from "../open-dependencies.js";
import { guardMemory } from "../process-exposure.js";
import { EXIT, UsageError } from "./exit-codes.js";

/** Where the command says what it does. */
export interface CommandOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

const DEFAULT_BATCH = 50;
const MOST_BATCH = 1000;
/** PostgreSQL's code for a table that is not there. */
const UNDEFINED_TABLE = "42P01";

/**
 * `rotate-keys`: seals what is sealed to an earlier `SERVER_ENCRYPTION_KEY` to the current one.
 *
 * @returns the process's exit code.
 * @throws UsageError for arguments that it does not know.
 */
export async function rotateKeys(
  args: readonly string[],
  env: ProcessEnvironment,
  output: CommandOutput,
): Promise<number> {
  const options = readArguments(args);
  let db: Database | undefined;
  try {
    const config = readConfig(await withEmbeddedSecrets(env));
    if (config.production) guardMemory(env);
    db = await openDatabase(config, (error) =>
      output.err(`a connection to the database broke: ${error.message}`),
    );
    return await rotate(db, { config, output, ...options });
  } catch (error) {
    output.err(explain(error));
    return EXIT.failed;
  } finally {
    await db?.close();
  }
}

function readArguments(args: readonly string[]): { isDryRun: boolean; batch: number } {
  const options = { "dry-run": { type: "boolean" }, batch: { type: "string" } } as const;
  const { values } = parse(() => parseArgs({ args: [...args], options, strict: true }));
  const batch = Number(values.batch ?? DEFAULT_BATCH);
  if (!/^\d+$/.test(values.batch ?? "1") || batch < 1 || batch > MOST_BATCH) {
    throw new UsageError(`--batch is a number from 1 to ${MOST_BATCH}`);
  }
  return { isDryRun: values["dry-run"] ?? false, batch };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : "unknown arguments", { cause });
  }
}

async function rotate(
  db: Database,
  about: { config: ServerConfig; output: CommandOutput; isDryRun: boolean; batch: number },
): Promise<number> {
  const { config, output, isDryRun, batch } = about;
  const current = config.encryptionKey.reveal();
  const old = config.encryptionKeysOld.map((secret) => secret.reveal());
  const onProgress = ({ examined, resealed, unopened }: ResealProgress): void =>
    output.out(`${examined} slots examined, ${resealed} ${done(isDryRun)}, ${unopened.length} do not open`);
  const transport = await rewrapTransportKeys({ db, secrets: [current, ...old], isDryRun });
  const storageKeys = createStorageKeys({ current, old });
  const shares = await resealShares({ db, storageKeys, batch, isDryRun, onProgress });
  report(output, { shares, transport, isDryRun });
  return shares.unopened.length === 0 ? EXIT.done : EXIT.rowsLeft;
}

function report(
  { out, err }: CommandOutput,
  { shares, transport, isDryRun }: { shares: ResealProgress; transport: RewrapResult; isDryRun: boolean },
): void {
  for (const share of shares.unopened) err(`slot ${share.slotId} does not open: ${why(share)}`);
  if (transport.unopened > 0) {
    err(`${transport.unopened} transport keys do not open; servers replace them within two days`);
  }
  out(`${shares.resealed} shares and ${transport.rewrapped} transport keys ${done(isDryRun)}`);
  const isClear = shares.unopened.length === 0 && (!isDryRun || shares.resealed === 0);
  if (isClear) out("Every share is sealed to the current SERVER_ENCRYPTION_KEY.");
}

function why({ keyId, isKeyKnown }: UnopenedShare): string {
  if (keyId === undefined) return "what is stored is no sealed share";
  if (isKeyKnown)
    return `sealed to key ${keyId}, but for another slot, version, owner or destination, or damaged`;
  return `sealed to key ${keyId}, which is neither SERVER_ENCRYPTION_KEY nor among SERVER_ENCRYPTION_KEYS_OLD`;
}

function done(isDryRun: boolean): string {
  return isDryRun ? "to be sealed anew" : "sealed anew";
}

/** What went wrong, for the operator: without a stack where the message is complete. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof EmbeddedSecretsError) return error.message;
  if (error instanceof DatabaseError && error.code === "folder-in-use") {
    return `${error.message}\nThe embedded database is for one process: stop the server, then run this again.`;
  }
  if ((error as { code?: unknown }).code === UNDEFINED_TABLE) {
    return "The database has no tables of VaultProof yet: there is nothing to seal anew.";
  }
  // The message may be empty where the code is not, as of a connection that was refused at several addresses.
  const { code, stack } = error as { code?: string; stack?: string };
  return `Stopped (${code ?? "no code"}). What was sealed anew stays so; run this again.\n${stack ?? "no stack"}`;
}
