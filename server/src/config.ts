import { LIMITS } from "@vaultproof/protocol/limits";
import { z } from "zod";
import {
  bodyBytes,
  countOrOff,
  databaseUrl,
  edgeSecrets,
  fingerprintList,
  headerList,
  hostList,
  hostOrCidrList,
  httpUrl,
  inviteList,
  listenHost,
  months,
  onOff,
  port,
  seconds,
  secret32,
  secretList,
  serviceName,
} from "./config-values.js";
import type { SecretBytes } from "./secret-bytes.js";
import type { UpstreamTimeouts } from "./upstream/upstream.js";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** Every variable that the server reads, with its default; those without one are required. */
const SCHEMA = z.object({
  NODE_ENV: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: z.string().default(".vaultproof"),
  SERVER_ENCRYPTION_KEY: secret32,
  SERVER_ENCRYPTION_KEYS_OLD: secretList.default([]),
  SERVER_IDENTITY_KEY: secret32,
  SERVER_IDENTITIES_OLD: fingerprintList.default([]),
  EDGE_SECRETS: edgeSecrets,
  SERVER_HOST: listenHost.default("127.0.0.1"),
  SERVER_PORT: port.default(8788),
  OPS_HOST: listenHost.default("127.0.0.1"),
  OPS_PORT: port.default(8789),
  SLOT_CALLS_PER_MINUTE: countOrOff.default(100),
  SLOTS_PER_DEVELOPER: countOrOff.default(1000),
  DEVELOPER_REQUESTS_PER_MINUTE: countOrOff.default(600),
  BODY_LIMIT: bodyBytes.default(LIMITS.defaultBodyBytes),
  UPSTREAM_ALLOW_PRIVATE: hostOrCidrList.default([]),
  UPSTREAM_ALLOW_INSECURE: hostList.default([]),
  UPSTREAM_CONNECT_TIMEOUT: seconds.default(10),
  UPSTREAM_HEADERS_TIMEOUT: seconds.default(300),
  UPSTREAM_IDLE_TIMEOUT: seconds.default(300),
  UPSTREAM_TOTAL_TIMEOUT: seconds.default(900),
  REQUIRE_SEALED_SHARES: onOff.optional(),
  REGISTRATION: z
    .enum(["open", "invite", "closed"], { error: "must be open, invite or closed" })
    .default("open"),
  INVITE_TOKENS: inviteList.default([]),
  LOG_RETENTION_MONTHS: months.default(0),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }).default("info"),
  CRS_PATH: z.string().optional(),
  SHUTDOWN_GRACE: seconds.default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerList.optional(),
  OTEL_SERVICE_NAME: serviceName.default("vaultproof"),
});

type Environment = z.output<typeof SCHEMA>;

/** The server's settings, checked. Secrets in it print as `[secret]`. */
export interface ServerConfig {
  readonly production: boolean;
  /** `postgres` by its URL, or PGlite under `dataDir`. */
  readonly database: { readonly url: string } | { readonly dataDir: string };
  readonly encryptionKey: Environment["SERVER_ENCRYPTION_KEY"];
  /** Still able to open. */
  readonly encryptionKeysOld: Environment["SERVER_ENCRYPTION_KEYS_OLD"];
  /** Ed25519 seed. */
  readonly identityKey: Environment["SERVER_IDENTITY_KEY"];
  /** Fingerprints of earlier identities, whose signatures on the log still count. */
  readonly identitiesOld: readonly string[];
  readonly edgeSecrets: Environment["EDGE_SECRETS"];
  readonly listen: { readonly host: string; readonly port: number };
  readonly ops: { readonly host: string; readonly port: number };
  /** This and the next two: 0 for no limit. */
  readonly slotCallsPerMinute: number;
  /** Active ones. */
  readonly slotsPerDeveloper: number;
  /** Signed ones. */
  readonly developerRequestsPerMinute: number;
  /** Bytes for the provider. */
  readonly bodyLimit: number;
  readonly upstream: {
    /** `host`, `host:port` or CIDR. */
    readonly allowPrivate: readonly string[];
    /** `host` or `host:port`. */
    readonly allowInsecure: readonly string[];
    /** Milliseconds. */
    readonly timeouts: UpstreamTimeouts;
  };
  readonly requireSealedShares: boolean;
  readonly registration: Environment["REGISTRATION"];
  /** Digests of what admits a new developer each, once. */
  readonly invites: Environment["INVITE_TOKENS"];
  /** Whole months of the log that are kept besides the one that has begun; 0 for all. */
  readonly logRetentionMonths: number;
  readonly logLevel: Environment["LOG_LEVEL"];
  readonly crsPath: string | undefined;
  /** How long calls in flight may still take once the server is told to stop. */
  readonly shutdownGraceSeconds: number;
  /** Where spans go; undefined for nowhere. */
  readonly tracing:
    | { readonly url: string; readonly headers: SecretBytes | undefined; readonly serviceName: string }
    | undefined;
}

/** The environment of a process. */
export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/** Wrong or missing variables: each problem names its variable and says what it should be, never what it was. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads the server's settings from the environment. An empty variable counts as absent.
 *
 * @throws ConfigError naming every variable that is wrong or missing.
 */
export function readConfig(env: ProcessEnvironment): ServerConfig {
  const present = Object.fromEntries(
    Object.keys(SCHEMA.shape)
      .map((name) => [name, env[name]?.trim()] as const)
      .filter(([, value]) => value !== undefined && value !== ""),
  );
  const { data, error } = SCHEMA.safeParse(present);
  const problems = error?.issues.map((issue) => problemOf(issue, present)) ?? [];
  const production = present.NODE_ENV === "production";
  if (production && present.DATABASE_URL === undefined) {
    problems.unshift("DATABASE_URL is required in production (postgres://user:password@host/database)");
  }
  problems.push(...registrationProblems(present));
  if (data === undefined || problems.length > 0) throw new ConfigError(problems);
  return toConfig(data, production);
}

/** Invites that nobody is asked for would leave registration open to everybody, unnoticed. */
function registrationProblems({ REGISTRATION, INVITE_TOKENS }: ProcessEnvironment): string[] {
  if (REGISTRATION === "invite" && INVITE_TOKENS === undefined) {
    return ["INVITE_TOKENS is required where REGISTRATION is invite"];
  }
  if (INVITE_TOKENS !== undefined && (REGISTRATION ?? "open") === "open") {
    return ["REGISTRATION must be invite (or closed) where INVITE_TOKENS is set"];
  }
  return [];
}

/**
 * Variables that look like a known one misspelt, each with the name that was probably meant. Other unknown variables
 * are nobody's business: an environment is full of them.
 */
export function findMisspelt(env: ProcessEnvironment): { name: string; meant: string }[] {
  const known = new Map(Object.keys(SCHEMA.shape).map((name) => [skeleton(name), name]));
  return Object.keys(env).flatMap((name) => {
    const meant = known.get(skeleton(name));
    return meant === undefined || Object.hasOwn(SCHEMA.shape, name) ? [] : [{ name, meant }];
  });
}

/** What survives of a name after the usual slips: case, underscores, a plural. */
function skeleton(name: string): string {
  return name.toLowerCase().replaceAll(/_|s(?=_|$)/g, "");
}

function problemOf(issue: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const name = String(issue.path[0]);
  return present[name] === undefined ? `${name} is required` : `${name} ${issue.message}`;
}

function toConfig(env: Environment, production: boolean): ServerConfig {
  return {
    production,
    database: env.DATABASE_URL === undefined ? { dataDir: env.DATA_DIR } : { url: env.DATABASE_URL },
    encryptionKey: env.SERVER_ENCRYPTION_KEY,
    encryptionKeysOld: env.SERVER_ENCRYPTION_KEYS_OLD,
    identityKey: env.SERVER_IDENTITY_KEY,
    identitiesOld: env.SERVER_IDENTITIES_OLD,
    edgeSecrets: env.EDGE_SECRETS,
    listen: { host: env.SERVER_HOST, port: env.SERVER_PORT },
    ops: { host: env.OPS_HOST, port: env.OPS_PORT },
    slotCallsPerMinute: env.SLOT_CALLS_PER_MINUTE,
    slotsPerDeveloper: env.SLOTS_PER_DEVELOPER,
    developerRequestsPerMinute: env.DEVELOPER_REQUESTS_PER_MINUTE,
    bodyLimit: env.BODY_LIMIT,
    upstream: {
      allowPrivate: env.UPSTREAM_ALLOW_PRIVATE,
      allowInsecure: env.UPSTREAM_ALLOW_INSECURE,
      timeouts: {
        connect: env.UPSTREAM_CONNECT_TIMEOUT * 1000,
        headers: env.UPSTREAM_HEADERS_TIMEOUT * 1000,
        idle: env.UPSTREAM_IDLE_TIMEOUT * 1000,
        total: env.UPSTREAM_TOTAL_TIMEOUT * 1000,
      },
    },
    requireSealedShares: env.REQUIRE_SEALED_SHARES ?? production,
    registration: env.REGISTRATION,
    invites: env.INVITE_TOKENS,
    logRetentionMonths: env.LOG_RETENTION_MONTHS,
    logLevel: env.LOG_LEVEL,
    crsPath: env.CRS_PATH,
    shutdownGraceSeconds: env.SHUTDOWN_GRACE,
    tracing: tracingOf(env),
  };
}

/** OpenTelemetry's own rule: the endpoint of traces is taken as it is, to the general one their path is added. */
function tracingOf(env: Environment): ServerConfig["tracing"] {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, "/v1/traces");
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? base;
  if (url === undefined) return undefined;
  return { url, headers: env.OTEL_EXPORTER_OTLP_HEADERS, serviceName: env.OTEL_SERVICE_NAME };
}
