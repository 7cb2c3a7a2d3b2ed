import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Prover } from "@vaultproof/sdk";
import { CliError } from "../errors.js";
import { answerCall, type CallDependencies } from "./answer-call.js";
import { createAppClients, type AppClients } from "./app-clients.js";
import { createCapacity } from "./capacity.js";
import { answerInvalidRequests } from "./client-error.js";
import { cutAnswer } from "./send-answer.js";
import type { ProjectSource } from "./served-projects.js";
import { connectService, type ServiceConnections } from "./service-fetch.js";

/** A gateway that listens. */
export interface RunningGateway {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly apps: AppClients;
  /** Refuses what comes from now on, lets answers end within the grace time, and stops listening. */
  close(graceMs: number): Promise<void>;
}

/** Nobody else's machine can reach it, whatever firewall there is. */
const HOST = "127.0.0.1";
const CAPACITY = { calls: 256, bytes: 256 * 1024 * 1024 };
const SERVER_LIMITS = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  // Longer than clients keep an idle connection, so that it is they who close it.
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 2_000,
  // The gateway refuses a missing `Host` itself, in the form of every other refusal.
  requireHostHeader: false,
};
const MAX_CONNECTIONS = 1024;
/** How long a refusal may take to get out before its connection is closed. */
const REFUSAL_MS = 500;

/**
 * Starts a gateway on the loopback.
 *
 * @param options.port 0 takes a free one.
 * @param options.prover stays open when the gateway closes.
 * @param options.bodyLimit bytes of a body at most.
 * @throws CliError `port-in-use`, and what listening throws.
 */
export async function startGateway(options: {
  readonly port: number;
  readonly projects: (apps: AppClients) => Promise<ProjectSource>;
  readonly prover: Prover;
  readonly bodyLimit: number;
  /** How the service is reached; the gateway closes it. */
  readonly service?: ServiceConnections | undefined;
  /** What calls may hold together. */
  readonly capacity?: { readonly calls: number; readonly bytes: number } | undefined;
}): Promise<RunningGateway> {
  const { service = connectService(), capacity = CAPACITY } = options;
  const apps = createAppClients({ prover: options.prover, fetch: service.fetch });
  let stopping = false;
  const server = createServer(SERVER_LIMITS);
  const deps: CallDependencies = {
    port: () => (server.address() as AddressInfo).port,
    projects: await options.projects(apps),
    apps,
    capacity: createCapacity(capacity),
    bodyLimit: options.bodyLimit,
    isStopping: () => stopping,
  };
  const inFlight = serveCalls(server, deps);
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.port);
  return {
    url: `http://${HOST}:${deps.port()}`,
    apps,
    async close(graceMs) {
      stopping = true;
      await endAnswers(inFlight, graceMs);
      const closed = once(server, "close");
      server.close();
      const cut = setTimeout(() => server.closeAllConnections(), REFUSAL_MS);
      await closed;
      clearTimeout(cut);
      service.close();
    },
  };
}

/** Answers what comes; gives the answers that have not ended. */
function serveCalls(server: Server, deps: CallDependencies): Set<ServerResponse> {
  const inFlight = new Set<ServerResponse>();
  const serve =
    (awaitsContinue: boolean) =>
    (incoming: ServerResponse["req"], outgoing: ServerResponse): void => {
      if (deps.isStopping()) outgoing.shouldKeepAlive = false;
      else {
        inFlight.add(outgoing);
        outgoing.once("close", () => inFlight.delete(outgoing));
      }
      answerCall(deps, { incoming, outgoing, awaitsContinue }).catch(() => cutAnswer(outgoing));
    };
  server.on("request", serve(false));
  server.on("checkContinue", serve(true));
  answerInvalidRequests(server);
  return inFlight;
}

async function endAnswers(inFlight: ReadonlySet<ServerResponse>, graceMs: number): Promise<void> {
  const awaited = [...inFlight];
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  const ended = awaited.map((outgoing) => once(outgoing, "close"));
  await Promise.race([Promise.all(ended), grace]);
  clearTimeout(timer);
  for (const outgoing of awaited) cutAnswer(outgoing);
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen(port, HOST);
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const said = code === "EACCES" ? "may not be used by this user" : "is taken";
    throw new CliError("port-in-use", `port ${port} on ${HOST} ${said}`, {
      cause: error,
      hint: "choose another one with --port; 0 takes a free one",
    });
  }
}
