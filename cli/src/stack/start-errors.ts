import { ConfigError as EdgeConfigError } from "@vaultproof/edge/node";
import { ConfigError as ServerConfigError } from "@vaultproof/server/config";
import { CliError } from "../errors.js";
import type { Environment } from "../environment.js";

/** The variables that name a port, with the port each means when it is not set. */
const PORT_VARIABLES = { EDGE_PORT: 8787, SERVER_PORT: 8788, OPS_PORT: 8789 } as const;

const CONNECTION_CODES = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET"]);
/** SQLSTATE: wrong password, no such role, no such database, too many connections. */
const REFUSED_BY_POSTGRES = new Set(["28P01", "28000", "3D000", "53300"]);

/** What a driver or a socket hangs on its errors. */
interface SystemError extends Error {
  readonly code?: string;
  readonly port?: number;
}

/**
 * Turns a failure to start into one that names its cause and the variable to change. What it does not know comes
 * back as it is.
 */
export function explainStartError(error: unknown, env: Environment): unknown {
  if (error instanceof ServerConfigError) {
    return new CliError("configuration-invalid", error.problems.join("; "), { cause: error });
  }
  if (error instanceof EdgeConfigError) {
    return new CliError("configuration-invalid", error.message, { cause: error });
  }
  if (!(error instanceof Error)) return error;
  const { code, port, name, message } = error as SystemError;
  if (code === "EADDRINUSE" && port !== undefined) {
    return new CliError("port-in-use", `port ${port} (${portVariable(port, env)}) is in use`, {
      cause: error,
    });
  }
  if (name === "DatabaseError" && code === "folder-in-use") {
    return new CliError("folder-in-use", message, { cause: error });
  }
  if (isSet(env.DATABASE_URL) && code !== undefined) {
    if (CONNECTION_CODES.has(code) || REFUSED_BY_POSTGRES.has(code)) {
      const why = message === "" ? code : message;
      return new CliError("database-unreachable", `PostgreSQL cannot be reached: ${why}`, { cause: error });
    }
  }
  return error;
}

function portVariable(port: number, env: Environment): string {
  const named = Object.entries(PORT_VARIABLES).find(([variable, preset]) => {
    const value = env[variable]?.trim() ?? "";
    return Number(value === "" ? preset : value) === port;
  });
  return named?.[0] ?? "unknown variable";
}

function isSet(value: string | undefined): boolean {
  return (value ?? "").trim() !== "";
}
