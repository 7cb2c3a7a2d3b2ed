import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Queryable } from "@vaultproof/db/database";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import type { ProofVerifier } from "../proof/proof-verifier.js";

const CHECK_TIMEOUT_MS = 2000;

/** What orchestrators ask, on a port of its own that no edge signature guards. */
export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What readiness is made of. */
export interface OpsOptions {
  readonly host: string;
  readonly port: number;
  readonly db: Queryable;
  readonly verifier: Pick<ProofVerifier, "stats">;
  /** Whether the server has begun to stop. */
  readonly isStopping: () => boolean;
}

/**
 * `GET /health`: the process lives. `GET /ready`: the database answers, proofs can be verified, and the server is not
 * stopping; else 503 with what is wrong.
 */
export async function startOpsServer(options: OpsOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET") answer(response, 405, { error: "Method not allowed" });
    else if (request.url === "/health") answer(response, 200, { status: "ok" });
    else if (request.url !== "/ready") answer(response, 404, { error: "Not found" });
    else {
      void checkReadiness(options).then((checks) => {
        const ready = Object.values(checks).every((check) => check === "ok");
        answer(response, ready ? 200 : 503, { status: ready ? "ready" : "unavailable", checks });
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function checkReadiness({
  db,
  verifier,
  isStopping,
}: OpsOptions): Promise<Record<"database" | "verifier" | "server", string>> {
  return {
    database: (await answersInTime(db)) ? "ok" : "does not answer",
    verifier: verifier.stats().workers > 0 ? "ok" : "no verifier is up",
    server: isStopping() ? "stopping" : "ok",
  };
}

async function answersInTime(db: Queryable): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([databaseTime(db).then(() => true), timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
