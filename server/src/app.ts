import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import type { Database } from "@vaultproof/db/database";
import { LIMITS } from "@vaultproof/protocol/limits";
import { isRequestId, REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyServerOptions,
  type RouteOptions,
} from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { createAuditLog, type AuditLog } from "./audit/audit-log.js";
import type { ServerConfig } from "./config.js";
import { createAppTrees } from "./developer/app-trees.js";
import { managementRoutes, pathRoute, registrationRoute } from "./developer/routes.js";
import { forbid, forbidConnection, requireEdge } from "./edge/edge-hook.js";
import { answerError } from "./error-handler.js";
import { ServerError } from "./errors.js";
import type { ServerIdentity } from "./keys/identity.js";
import type { StorageKeys } from "./keys/storage-keys.js";
import type { TransportKeys } from "./keys/transport-keys.js";
import { HEALTH_PATH, logRequest } from "./logging.js";
import type { ProofVerifier } from "./proof/proof-verifier.js";
import { callRoute } from "./proxy/call-route.js";
import { ENFORCED_RESTRICTIONS } from "./proxy/check-restrictions.js";
import { createDatabaseClock } from "./proxy/database-clock.js";
import type { WatchCall } from "./proxy/call-watch.js";
import type { OnTiming } from "./proxy/step-timer.js";
import { watchCalls } from "./proxy/watch-calls.js";
import type { Upstream } from "./upstream/upstream.js";
import { createWellKnownDocument } from "./well-known/document.js";
import type { ReferenceString } from "./well-known/reference-string.js";
import { wellKnownRoutes } from "./well-known/routes.js";

/** Everything that the routes work with; nothing of it is made here, and nothing of it is closed here. */
export interface AppDependencies {
  readonly config: Pick<
    ServerConfig,
    | "edgeSecrets"
    | "registration"
    | "invites"
    | "bodyLimit"
    | "slotCallsPerMinute"
    | "slotsPerDeveloper"
    | "developerRequestsPerMinute"
    | "requireSealedShares"
    | "identitiesOld"
  >;
  readonly db: Database;
  readonly identity: ServerIdentity;
  readonly storageKeys: StorageKeys;
  readonly transportKeys: TransportKeys;
  readonly verifier: ProofVerifier;
  readonly upstream: Upstream;
  readonly manifest: CircuitManifest;
  readonly referenceString: ReferenceString | undefined;
  readonly logger: NonNullable<FastifyServerOptions["logger"]>;
  /** Unix seconds. */
  readonly clock: () => number;
  /** Told how long each step of a call took. */
  readonly onCallTiming?: OnTiming | undefined;
  readonly watchCall?: WatchCall | undefined;
  /** Told of each route, for its description. */
  readonly onRoute?: ((route: RouteOptions) => void) | undefined;
  /** Whether requests are to be sent elsewhere because the server stops; never unless told. */
  readonly isStopping?: (() => boolean) | undefined;
}

/** How long a client may take to send a request, and how long an idle connection is kept, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

/** Builds the server without listening: every route behind the edge's signature, one place for errors, no parsing. */
export function buildApp(deps: AppDependencies): FastifyInstance {
  const app: FastifyInstance = Fastify({
    logger: deps.logger,
    // One line an answer, made in logRequest: the framework's own would log twice.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    // Only edges connect; what they say of the client is signed, not guessed from X-Forwarded-For.
    trustProxy: false,
    bodyLimit: LIMITS.developerBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId,
    frameworkErrors: (_error, _request, reply) => void forbid(reply),
    clientErrorHandler: forbidConnection,
    // Nothing reads Host, and Node's own answer to a request without one is not the protocol's.
    http: { requireHostHeader: false },
    // Longer than any target gets: what a parameter may be is the routes' business, and their answer is not 403.
    routerOptions: { maxParamLength: 16_384 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("developer", null);
  app.decorateRequest("managedSince", 0);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerError(new ServerError("notFound"), request, reply));
  app.addHook("onResponse", logRequest);
  markOwnAnswers(app);
  watchCalls(app, deps.watchCall);
  requireEdge(app, {
    secrets: deps.config.edgeSecrets.map(({ id, secret }) => ({ id, secret: secret.reveal() })),
    now: deps.clock,
    onTiming: deps.onCallTiming,
  });
  refuseWhileStopping(app, deps.isStopping);
  if (deps.onRoute !== undefined) app.addHook("onRoute", deps.onRoute);
  addRoutes(app, deps);
  return app;
}

function addRoutes(app: FastifyInstance, deps: AppDependencies): void {
  const { db, identity, clock, storageKeys, transportKeys, upstream, config } = deps;
  const audit = addAuditLog(app, deps);
  const trees = createAppTrees();
  const developer = {
    ...{ db, trees, identity, clock, storageKeys, transportKeys, upstream, audit },
    registration: config.registration,
    invites: config.invites,
    slotsPerDeveloper: config.slotsPerDeveloper,
    developerRequestsPerMinute: config.developerRequestsPerMinute,
    enforcedRestrictions: ENFORCED_RESTRICTIONS,
  };
  app.get(HEALTH_PATH, () => ({ status: "ok" }));
  wellKnownRoutes(app, { ...deps, document: createWellKnownDocument(deps) });
  pathRoute(app, { db, trees });
  addCallRoute(app, deps, audit);
  // A scope each: their hooks are for their own routes.
  void app.register((scope, _options, done) => {
    registrationRoute(scope, developer);
    done();
  });
  void app.register((scope, _options, done) => {
    managementRoutes(scope, developer);
    done();
  });
}

/** What was logged is written before the server has closed. */
function addAuditLog(
  app: FastifyInstance,
  { db, identity, config, onCallTiming }: AppDependencies,
): AuditLog {
  const audit = createAuditLog({
    ...{ db, identity },
    oldIdentities: config.identitiesOld,
    log: app.log,
    onTiming: onCallTiming,
  });
  app.addHook("onClose", () => audit.close());
  return audit;
}

function addCallRoute(app: FastifyInstance, deps: AppDependencies, audit: AuditLog): void {
  const { bodyLimit, slotCallsPerMinute, requireSealedShares } = deps.config;
  callRoute(app, {
    ...deps,
    ...{ bodyLimit, slotCallsPerMinute, requireSealedShares, callLog: audit.calls, refusals: audit.refusals },
    databaseClock: createDatabaseClock({ now: deps.clock }),
    onTiming: deps.onCallTiming,
  });
}

/** The edge's id if there is one. It goes into answers and logs, so it may be nothing but an id. */
function genReqId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers[REQUEST_ID_HEADER];
  return isRequestId(given) ? given : randomUUID();
}

/** Tells clients whose status they see, and by which id the logs name the request; the path of a call says otherwise where it passes on a provider's answer. */
function markOwnAnswers(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("vp-source", "vaultproof").header(REQUEST_ID_HEADER, request.id);
    done();
  });
}

/** A request that comes while the server stops is told so in the protocol's form, and to come again, elsewhere. */
function refuseWhileStopping(app: FastifyInstance, isStopping: () => boolean = () => false): void {
  const headers = { connection: "close", "retry-after": "1" };
  app.addHook("onRequest", (_request, _reply, done) => {
    done(isStopping() ? new ServerError("shuttingDown", { headers }) : undefined);
  });
}
