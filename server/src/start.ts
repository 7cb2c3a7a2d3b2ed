import { createHash } from "node:crypto";
import { assertArtifacts } from "@vaultproof/circuits/integrity";
import { manifest } from "@vaultproof/circuits/manifest";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import type { Database } from "@vaultproof/db/database";
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";
import { openPostgres } from "@vaultproof/db/postgres";
import type { FastifyInstance } from "fastify";
import { buildApp, type AppDependencies } from "./app.js";
import { findMisspelt, readConfig, type ProcessEnvironment, type ServerConfig } from "./config.js";
import { withEmbeddedSecrets } from "./embedded-secrets.js";
import { createServerIdentity } from "./keys/identity.js";
import { createStorageKeys } from "./keys/storage-keys.js";
import { createTransportKeys } from "./keys/transport-keys.js";
import { loggerOptions, type LogDestination } from "./logging.js";
import { startMaintenance } from "./ops/maintenance.js";
import { startOpsServer } from "./ops/ops-server.js";
import { createVerifierPool } from "./proof/verifier-pool.js";
import type { OnTiming } from "./proxy/step-timer.js";
import { createEgressPolicy } from "./upstream/egress-policy.js";
import { createUpstream } from "./upstream/upstream.js";
import { findReferenceString } from "./well-known/reference-string.js";

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /** Liveness and readiness. */
  readonly opsUrl: string;
  /** Fingerprint of the identity, for clients to pin. */
  readonly identity: string;
  /** Lets calls in flight end, for as long as the grace time allows, and closes everything. */
  close(): Promise<void>;
}

/** What tests and the embedded stack replace. */
export interface StartOverrides {
  /** Standard output unless told. */
  readonly log?: LogDestination;
  /** Unix seconds. */
  readonly clock?: () => number;
  /** Told how long each step of a call took; for benchmarks. */
  readonly onCallTiming?: OnTiming;
}

/** What was opened, the last one first, so that a start that fails half-way leaves nothing behind. */
type CloseStack = (() => Promise<void>)[];

/**
 * Starts the server as the environment says: checks the circuit's artifacts, opens and migrates the database, takes or
 * makes the keys, starts the verifiers, and listens.
 *
 * @throws ConfigError, EmbeddedSecretsError, ArtifactMismatchError, DatabaseError, or the operating system's error.
 */
export async function startServer(
  env: ProcessEnvironment = process.env,
  overrides: StartOverrides = {},
): Promise<RunningServer> {
  const config = readConfig(await withEmbeddedSecrets(env));
  const opened: CloseStack = [];
  try {
    return await start(config, { env, overrides, opened });
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function start(
  config: ServerConfig,
  { env, overrides, opened }: { env: ProcessEnvironment; overrides: StartOverrides; opened: CloseStack },
): Promise<RunningServer> {
  const deps = await openDependencies(config, overrides, opened);
  const app = buildApp(deps);
  logStart(app, { config, env, deps });
  let stopping = false;
  const ops = await startOpsServer({ ...config.ops, ...deps, isStopping: () => stopping });
  opened.unshift(() => ops.close());
  const maintenance = startMaintenance({ ...deps, log: app.log });
  opened.unshift(() => maintenance.stop());
  opened.unshift(() => closeWithin(app, config.shutdownGraceSeconds));
  const url = await app.listen(config.listen);
  app.log.info({ url, opsUrl: ops.url, identity: deps.identity.fingerprint }, "listening");
  let closing: Promise<void> | undefined;
  return {
    url,
    opsUrl: ops.url,
    identity: deps.identity.fingerprint,
    close() {
      stopping = true;
      return (closing ??= closeAll(opened));
    },
  };
}

async function openDependencies(
  config: ServerConfig,
  overrides: StartOverrides,
  opened: CloseStack,
): Promise<AppDependencies & { crsTried: readonly { folder: string; problem: string }[] }> {
  const clock = overrides.clock ?? (() => Date.now() / 1000);
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  await assertArtifacts({ manifest, sha256, verificationKey });
  const current = config.encryptionKey.reveal();
  const old = config.encryptionKeysOld.map((secret) => secret.reveal());
  // Side by side: both take a good part of a second.
  const opening = [createVerifierPool({ verificationKey }), openDatabase(config)] as const;
  // Each is waited for, also when the other failed: what comes up late would be left behind otherwise.
  for (const result of await Promise.allSettled(opening)) {
    if (result.status === "fulfilled") opened.unshift(() => result.value.close());
  }
  const [verifier, db] = await Promise.all(opening);
  const search = await findReferenceString({ crsPath: config.crsPath, manifest });
  const { timeouts } = config.upstream;
  const upstream = createUpstream({ policy: createEgressPolicy(config.upstream), timeouts });
  opened.unshift(() => upstream.close());
  await migrate(db);
  await ensurePartitions(db);
  return {
    ...{ config, db, verifier, manifest, clock },
    upstream,
    onCallTiming: overrides.onCallTiming,
    identity: createServerIdentity(config.identityKey.reveal()),
    storageKeys: createStorageKeys({ current, old }),
    transportKeys: await createTransportKeys({ db, secrets: [current, ...old], clock }),
    referenceString: search.found,
    crsTried: search.tried,
    logger: loggerOptions(config.logLevel, overrides.log),
  };
}

async function openDatabase({ database }: ServerConfig): Promise<Database> {
  return "url" in database ? await openPostgres(database) : await openPglite(database);
}

function logStart(
  app: FastifyInstance,
  {
    config,
    env,
    deps,
  }: { config: ServerConfig; env: ProcessEnvironment; deps: Awaited<ReturnType<typeof openDependencies>> },
): void {
  for (const { name, meant } of findMisspelt(env)) {
    app.log.warn(`${name} is not a variable of this server; ${meant} is`);
  }
  if (deps.referenceString === undefined) {
    app.log.warn({ tried: deps.crsTried }, "no reference string to serve: set CRS_PATH");
  }
  app.log.info(
    {
      identity: deps.identity.fingerprint,
      database: deps.db.kind,
      verifier: deps.verifier.stats().backend,
      registration: config.registration,
      sealedSharesOnly: config.requireSealedShares,
    },
    "server identity",
  );
}

/** Lets answers that have begun end; after the grace time their connections are cut. */
async function closeWithin(app: FastifyInstance, graceSeconds: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceSeconds * 1000);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}

async function closeAll(opened: CloseStack): Promise<void> {
  for (const close of opened.splice(0)) await close();
}
