import type { IncomingMessage, ServerResponse } from "node:http";
import { CALL_METHODS } from "@vaultproof/protocol/restrictions";
import { withApiVersion } from "./api-version.js";
import type { AppClients } from "./app-clients.js";
import { callHeaders } from "./call-headers.js";
import type { Capacity } from "./capacity.js";
import { GatewayError } from "./gateway-error.js";
import { guardLoopback } from "./guard-loopback.js";
import { credentialsOf, findByToken } from "./local-token.js";
import { readBody } from "./read-body.js";
import { readTarget, slugOfTarget } from "./read-target.js";
import { cutAnswer, sendAnswer, sendError } from "./send-answer.js";
import type { ProjectSource, ServedProject } from "./served-projects.js";
import { gatewayErrorOf, isServiceRefusal, readServiceRefusal } from "./service-refusal.js";

/** What answering a call takes. */
export interface CallDependencies {
  /** The port that the gateway listens on. */
  readonly port: () => number;
  readonly projects: ProjectSource;
  readonly apps: AppClients;
  readonly capacity: Capacity;
  /** Bytes of a body at most. */
  readonly bodyLimit: number;
  readonly isStopping: () => boolean;
}

/** A request and where its answer goes. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Whether the client waits for a go-ahead before it sends the body. */
  readonly awaitsContinue: boolean;
}

/** Answers one request, whatever comes; never rejects. */
export async function answerCall(deps: CallDependencies, exchange: Exchange): Promise<void> {
  const { incoming, outgoing } = exchange;
  const slug = slugOfTarget(incoming.url ?? "");
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  // A client may go between a check and a write; an error without a listener would end the process.
  outgoing.on("error", () => undefined);
  try {
    const response = await forward(deps, exchange, gone.signal);
    if (isServiceRefusal(response)) {
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      await sendError(exchange, slug, { ...(await readServiceRefusal(response)), retryAfter });
    } else {
      await sendAnswer(outgoing, response, gone.signal);
    }
  } catch (error) {
    if (gone.signal.aborted || outgoing.headersSent) {
      cutAnswer(outgoing);
      return;
    }
    const { status, message, code, retryAfter } = gatewayErrorOf(error);
    const shaped = { status, message, code: `vaultproof_${code.replaceAll("-", "_")}` };
    await sendError(exchange, slug, { ...shaped, retryAfter: retryAfter?.toString() });
  }
}

/** The way of a call: nothing of it is read before the token is known, and no proof is made before all of it is read. */
async function forward(deps: CallDependencies, exchange: Exchange, signal: AbortSignal): Promise<Response> {
  const { incoming, outgoing, awaitsContinue } = exchange;
  if (deps.isStopping()) throw new GatewayError("stopping");
  guardLoopback(incoming, deps.port());
  const target = readTarget(incoming.url ?? "");
  const project = await authenticate(deps.projects, incoming);
  if (/websocket/i.test(incoming.headers.upgrade ?? "")) throw new GatewayError("websocket");
  const slot = project.slots.get(target.slug);
  if (slot === undefined) throw new GatewayError("provider-unknown");
  const path = withApiVersion({ ...target, providerOrigin: slot.providerOrigin });
  const method = CALL_METHODS.find((known) => known === incoming.method);
  if (method === undefined) throw new GatewayError("method-not-carried");
  const headers = callHeaders(incoming);
  // A place of a client that has gone would never be given back.
  signal.throwIfAborted();
  const place = deps.capacity.enter();
  outgoing.once("close", () => place.leave());
  if (awaitsContinue) outgoing.writeContinue();
  const body = await readBody(incoming, { limit: deps.bodyLimit, place });
  const app = await deps.apps.open(slot);
  signal.throwIfAborted();
  const init = { method, headers, signal, ...(body === undefined ? {} : { body }) };
  return await app.fetch(slot.providerOrigin + path, init);
}

async function authenticate(projects: ProjectSource, { headers }: IncomingMessage): Promise<ServedProject> {
  const credentials = credentialsOf(headers);
  if (credentials.length === 0) throw new GatewayError("token-missing");
  const project = findByToken(await projects.current(), credentials);
  if (project === undefined) throw new GatewayError("token-unknown");
  return project;
}
