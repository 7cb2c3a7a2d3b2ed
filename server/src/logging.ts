import type { FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import type { ServerConfig } from "./config.js";
import { keepListed } from "./log-allowlist.js";

const MAX_PATH_CHARS = 256;
/** What an edge asks before it says that it is healthy; answered to edges only. */
export const HEALTH_PATH = "/internal/health";

/** Where log lines go if not to standard output. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * Logger settings: JSON lines that hold what log-allowlist.ts names and nothing else, whoever logs it and however.
 */
export function loggerOptions(
  level: ServerConfig["logLevel"] | "silent",
  destination?: LogDestination,
): Exclude<FastifyServerOptions["logger"], boolean | undefined> {
  return {
    level,
    ...(destination === undefined ? {} : { stream: destination }),
    hooks: { streamWrite: keepListed },
    serializers: {
      req: (request: { method?: string; url?: string }) => ({
        method: request.method ?? "",
        path: pathOf(request.url ?? ""),
      }),
      res: (reply: { statusCode?: number }) => ({ statusCode: reply.statusCode ?? 0 }),
      err: describeError,
    },
  };
}

/** One line for each request that was answered; an edge's own health checks, one every other second, only at `debug`. */
export async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const level = pathOf(request.url) === HEALTH_PATH ? "debug" : "info";
  request.log[level](
    {
      method: request.method,
      path: pathOf(request.url),
      status: reply.statusCode,
      latencyMs: Math.round(reply.elapsedTime * 10) / 10,
    },
    "answered",
  );
  await Promise.resolve();
}

function pathOf(url: string): string {
  return (url.split("?", 1)[0] ?? "").slice(0, MAX_PATH_CHARS);
}

/** Errors of drivers carry statements, parameters and rows besides: none of that is passed. */
function describeError(error: unknown): { type: string; message: string; stack: string; code?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: "not an Error", stack: "" };
  const { name, message, stack, code } = error as Partial<Record<keyof Error | "code", unknown>>;
  return {
    ...{ type: String(name), message: String(message), stack: typeof stack === "string" ? stack : "" },
    ...(typeof code === "string" ? { code } : {}),
  };
}
