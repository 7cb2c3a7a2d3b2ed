import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEdge } from "../src/handler.js";
import { watchAnswers } from "./answers-in-flight.js";
import { connectBackend } from "./backend-fetch.js";
import { answerInvalidRequests } from "./client-error.js";
import { ConfigError, type NodeEdgeConfig, readEdgeConfig } from "./config.js";
import { createListener } from "./listener.js";
import { logFailure } from "./log-failure.js";
import { type PageFiles, PageFolderError, readPage } from "./page-files.js";

export { ConfigError } from "./config.js";

/** An edge that listens. */
export interface RunningEdge {
  readonly url: string;
  /** Whether there is a page at `/`. */
  readonly servesPage: boolean;
  /** Refuses what comes from now on, lets running requests end within the grace time, and stops listening. */
  close(): Promise<void>;
}

/** How long a refusal may take to get out before its connection is closed. */
const REFUSAL_MS = 1000;
const SERVER_LIMITS = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 20_000,
  // A call of ten megabytes over a slow line.
  requestTimeout: 120_000,
  // Longer than the idle time of common load balancers, so that it is they who close an idle connection.
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 5_000,
};

/**
 * Starts an edge on Node.
 *
 * @param env variables of the edge; what `overrides` sets is not read from them.
 * @throws ConfigError when a variable is missing or wrong, and what listening throws.
 */
export async function startEdge(
  env: Readonly<Record<string, string | undefined>> = process.env,
  overrides: Partial<NodeEdgeConfig> = {},
): Promise<RunningEdge> {
  const config = readEdgeConfig(env, overrides);
  const page = await loadPage(config.dashboardDir);
  const backend = connectBackend(config.backendIdleMs);
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const servesPage = page.size > 0;
  const edge = createEdge({
    config,
    fetch: backend.fetch,
    isStopping,
    onFailure: logFailure,
    servesPage,
  });
  const listener = createListener(edge, { isStopping, stallMs: config.clientStallMs, page });
  // The listener refuses a missing `Host` itself, in the form of every other refusal.
  const server = createServer({ ...SERVER_LIMITS, requireHostHeader: false }, listener);
  server.on("checkExpectation", listener);
  answerInvalidRequests(server);
  const answering = watchAnswers(server);
  server.listen(config.port, config.host);
  await once(server, "listening");
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    servesPage,
    async close() {
      stopping = true;
      // Still listening, so that whoever comes is told to go elsewhere.
      await answering.end(config.shutdownGraceSeconds * 1000);
      const closed = once(server, "close");
      server.close();
      const cut = setTimeout(() => server.closeAllConnections(), REFUSAL_MS);
      await closed;
      clearTimeout(cut);
      backend.close();
    },
  };
}

async function loadPage(folder: string | null): Promise<PageFiles> {
  if (folder === null) return new Map();
  try {
    return await readPage(folder);
  } catch (cause) {
    if (!(cause instanceof PageFolderError)) throw cause;
    throw new ConfigError(`DASHBOARD_DIR must be the folder of a built page: ${cause.message}`, { cause });
  }
}
