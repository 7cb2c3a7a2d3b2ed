import { countForeignShares } from "@vaultproof/db/queries/count-foreign-shares";
import type { FastifyInstance, RouteOptions } from "fastify";
import { buildApp } from "./app.js";
import { findMisspelt, readConfig, type ProcessEnvironment, type ServerConfig } from "./config.js";
import { withEmbeddedSecrets } from "./embedded-secrets.js";
import type { LogDestination } from "./logging.js";
import { openDependencies, type CloseStack, type OpenedDependencies } from "./open-dependencies.js";
import { watchAnswers, type AnswersInFlight } from "./ops/answers-in-flight.js";
import { startMaintenance } from "./ops/maintenance.js";
import { createMetrics } from "./ops/metrics.js";
import { createNotices, type Notices } from "./ops/notices.js";
import { describeRoutes } from "./ops/openapi/describe-routes.js";
import { startOpsServer } from "./ops/ops-server.js";
import { guardMemory, mayDumpCore } from "./process-exposure.js";
import { watchTogether, type WatchCall } from "./proxy/call-watch.js";
import { tellBoth, type OnTiming } from "./proxy/step-timer.js";
import { VERSION } from "./version.js";

/** How long a refusal may take to get out before its connection is closed. */
const REFUSAL_MS = 1000;

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /** Health, readiness, metrics and the description of the routes. */
  readonly opsUrl: string;
  /** Fingerprint of the identity, for clients to pin. */
  readonly identity: string;
  /** Refuses what comes from now on, lets calls in flight end within the grace time, and closes everything. */
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
  if (config.production) guardMemory(env);
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
  const notices = createNotices();
  const deps = await openDependencies(config, { ...overrides, notices, opened });
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const routes: RouteOptions[] = [];
  const metrics = createMetrics({ ...deps, version: VERSION, inFlight: () => answering.count() });
  const tracing = await openTracing(config, notices, opened);
  const app = buildApp({
    ...{ ...deps, isStopping },
    onCallTiming: tellBoth(overrides.onCallTiming, metrics.onTiming),
    watchCall: watchTogether([metrics.watchCall, ...tracing]),
    onRoute: (route) => void routes.push(route),
  });
  const answering = watchAnswers(app.server);
  notices.tellTo(app.log);
  logStart(app, { config, env, deps });
  await warnOfForeignShares(app, deps);
  const ops = await startOpsServer({
    ...{ ...config.ops, ...deps, metrics, isStopping, log: app.log },
    // Asked for by a person now and then: neither the start nor a call waits for it.
    describe: async () => {
      await app.ready();
      return await describeRoutes(routes);
    },
  });
  opened.unshift(() => ops.close());
  const maintenance = startMaintenance({ ...deps, config, log: app.log });
  opened.unshift(() => maintenance.stop());
  opened.unshift(() => closeAfterAnswers(app, answering, config.shutdownGraceSeconds));
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

/** Nothing of OpenTelemetry is loaded unless somebody takes spans. */
async function openTracing(
  { tracing }: ServerConfig,
  notices: Notices,
  opened: CloseStack,
): Promise<WatchCall[]> {
  if (tracing === undefined) return [];
  const { startTracing } = await import("./ops/tracing.js");
  const spans = startTracing(tracing, (error) => notices.tracing(error));
  opened.unshift(() => spans.close());
  return [spans.watchCall];
}

function logStart(
  app: FastifyInstance,
  { config, env, deps }: { config: ServerConfig; env: ProcessEnvironment; deps: OpenedDependencies },
): void {
  for (const { name, meant } of findMisspelt(env)) {
    app.log.warn(`${name} is not a variable of this server; ${meant} is`);
  }
  if (deps.referenceString === undefined) {
    app.log.warn({ tried: deps.crsTried }, "no reference string to serve: set CRS_PATH");
  }
  if (config.production && mayDumpCore()) {
    app.log.warn("a crash would leave a core dump, keys of calls in flight in it: start with ulimit -c 0");
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

/** A key that was taken out of the settings too early: the slots that were sealed to it can make no call. */
async function warnOfForeignShares(
  app: FastifyInstance,
  { db, storageKeys }: OpenedDependencies,
): Promise<void> {
  const { slots } = await countForeignShares(db, storageKeys.ids);
  if (slots === 0) return;
  app.log.warn(
    { slots },
    "shares are sealed to keys that are neither SERVER_ENCRYPTION_KEY nor in SERVER_ENCRYPTION_KEYS_OLD",
  );
}

/**
 * Lets requests that are in flight be answered, still listening meanwhile, so that whoever comes is told to go
 * elsewhere; after the grace time they are cut.
 */
async function closeAfterAnswers(
  app: FastifyInstance,
  answering: AnswersInFlight,
  graceSeconds: number,
): Promise<void> {
  await answering.end(graceSeconds * 1000);
  // What is left is being refused, or is no request yet.
  const cut = setTimeout(() => app.server.closeAllConnections(), REFUSAL_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}

/** Closes everything even where something fails to, and then says so. */
async function closeAll(opened: CloseStack): Promise<void> {
  let failure: { error: unknown } | undefined;
  for (const close of opened.splice(0)) {
    try {
      await close();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
