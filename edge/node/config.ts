import { LIMITS } from "@vaultproof/protocol/limits";
import { EDGE_SIGNATURE } from "@vaultproof/protocol/edge-signature";
import { trustProxies } from "../src/client-address.js";
import type { EdgeConfig } from "../src/handler.js";

/** An edge's settings together with the address that it listens on. */
export interface NodeEdgeConfig extends EdgeConfig {
  readonly host: string;
  readonly port: number;
  /** How long requests in flight may still take once the edge is told to stop. */
  readonly shutdownGraceSeconds: number;
  /** How long a client may take nothing of an answer; what it does not take is held here and at the provider. */
  readonly clientStallMs: number;
  /** How long a connection to the backend is kept without a request. */
  readonly backendIdleMs: number;
  /** The folder of the page that is served at `/`; null for none. */
  readonly dashboardDir: string | null;
}

/** A variable that is missing or wrong. Its message names the variable and says what it should be, never what it was. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECRET_ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_PORT = 65_535;
/** What `DASHBOARD_DIR` says where a program that embeds the edge has a page of its own, and none is wanted. */
const NO_DASHBOARD = "off";
const DAY_SECONDS = 86_400;
const CLIENT_STALL_MS = 300_000;
/** Shorter than the backend keeps an idle connection (72 s): it must not close one that a request is just put on. */
const BACKEND_IDLE_MS = 60_000;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * Reads an edge's environment. What `overrides` sets is not read, so that an embedding program needs no variables.
 *
 * @throws ConfigError on the first variable that is missing or wrong.
 */
export function readEdgeConfig(env: Environment, overrides: Partial<NodeEdgeConfig> = {}): NodeEdgeConfig {
  return {
    host: overrides.host ?? readText(env, "EDGE_HOST", "127.0.0.1"),
    port: overrides.port ?? readInteger(env, "EDGE_PORT", 8787, { max: MAX_PORT }),
    shutdownGraceSeconds:
      overrides.shutdownGraceSeconds ?? readInteger(env, "SHUTDOWN_GRACE", 10, { min: 1, max: DAY_SECONDS }),
    clientStallMs: overrides.clientStallMs ?? CLIENT_STALL_MS,
    backendIdleMs: overrides.backendIdleMs ?? BACKEND_IDLE_MS,
    dashboardDir: overrides.dashboardDir ?? readDashboardDir(env),
    backendUrl: overrides.backendUrl ?? readBackendUrl(env),
    secrets: overrides.secrets ?? readSecrets(env),
    ipCallsPerMinute: overrides.ipCallsPerMinute ?? readInteger(env, "IP_CALLS_PER_MINUTE", 60),
    ipRegistrationsPerMinute:
      overrides.ipRegistrationsPerMinute ?? readInteger(env, "IP_REGISTRATIONS_PER_MINUTE", 10),
    bodyLimit:
      overrides.bodyLimit ??
      readInteger(env, "BODY_LIMIT", LIMITS.defaultBodyBytes, { min: 1, max: MAX_BODY_BYTES }),
    trustedProxies: overrides.trustedProxies ?? readTrustedProxies(env),
    corsOrigins: overrides.corsOrigins ?? readOrigins(env),
  };
}

/** A variable that is set to nothing counts as not set. */
function readText(env: Environment, name: string, fallback: string): string {
  const text = env[name] ?? "";
  return text === "" ? fallback : text;
}

function readInteger(
  env: Environment,
  name: string,
  fallback: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  const text = readText(env, name, String(fallback));
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function readBackendUrl(env: Environment): URL {
  const text = readText(env, "BACKEND_URL", "http://127.0.0.1:8788");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new ConfigError("BACKEND_URL must be an http or https origin, without path or credentials");
  }
  return url;
}

function readDashboardDir(env: Environment): string | null {
  const text = readText(env, "DASHBOARD_DIR", NO_DASHBOARD);
  return text === NO_DASHBOARD ? null : text;
}

function readSecrets(env: Environment): EdgeConfig["secrets"] {
  const shape = `id:base64[,id:base64], each of at least ${EDGE_SIGNATURE.minSecretBytes} bytes`;
  const entries = readList(env, "EDGE_SECRETS");
  if (entries.length === 0) throw new ConfigError(`EDGE_SECRETS is required: ${shape}`);
  const secrets = entries.map((entry) => {
    const colon = entry.indexOf(":");
    const [id, encoded] = [entry.slice(0, colon), entry.slice(colon + 1)];
    const secret = new Uint8Array(Buffer.from(encoded, "base64"));
    if (
      colon < 0 ||
      !SECRET_ID.test(id) ||
      !BASE64.test(encoded) ||
      secret.length < EDGE_SIGNATURE.minSecretBytes
    ) {
      throw new ConfigError(`EDGE_SECRETS must be ${shape}`);
    }
    return { id, secret };
  });
  if (new Set(secrets.map(({ id }) => id)).size !== secrets.length) {
    throw new ConfigError("EDGE_SECRETS must not name an id twice");
  }
  return secrets;
}

function readTrustedProxies(env: Environment): string[] {
  const entries = readList(env, "EDGE_TRUSTED_PROXIES");
  try {
    trustProxies(entries);
  } catch (cause) {
    throw new ConfigError(
      "EDGE_TRUSTED_PROXIES must be a comma-separated list of addresses and CIDR ranges",
      { cause },
    );
  }
  return entries;
}

function readOrigins(env: Environment): string[] {
  const entries = readList(env, "CORS_ORIGINS");
  for (const entry of entries) {
    if (!URL.canParse(entry) || new URL(entry).origin !== entry) {
      throw new ConfigError(
        "CORS_ORIGINS must be a comma-separated list of origins such as https://app.example",
      );
    }
  }
  return entries;
}

function readList(env: Environment, name: string): string[] {
  return (env[name] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
