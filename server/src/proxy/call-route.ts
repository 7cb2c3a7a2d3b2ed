import type { ServerResponse } from "node:http";
import { callWireLimit } from "@vaultproof/protocol/limits";
import { SERVER_TIMING_HEADER } from "@vaultproof/protocol/server-timing";
import type { FastifyInstance, FastifyReply } from "fastify";
import { edgeVerified } from "../edge/edge-hook.js";
import { ServerError } from "../errors.js";
import { startCallTimer } from "./call-watch.js";
import type { CallerConnection } from "./caller-connection.js";
import { handleCall, type CallDependencies } from "./handle-call.js";
import { tellBoth } from "./step-timer.js";
import { createToldTimings } from "./told-timings.js";
import { CALL_PATH } from "./watch-calls.js";

/** Adds `POST /api/v1/proxy/call`. The provider's answer is streamed as it arrives, marked `vp-source: upstream`. */
export function callRoute(app: FastifyInstance, deps: CallDependencies): void {
  app.post(CALL_PATH, { bodyLimit: callWireLimit(deps.bodyLimit) }, async (request, reply) => {
    const told = createToldTimings();
    const onTiming = tellBoth(deps.onTiming, told.onTiming);
    const timer = startCallTimer({ onTiming, watch: request.callWatch ?? undefined });
    const connection = { ...connectionOf(reply), endStep: timer.endStep };
    try {
      const { status, headers, body } = await handleCall(deps, edgeVerified(request), connection);
      request.hasAnswer = true;
      reply.code(status).headers(headers).header("vp-source", "upstream");
      void reply.header(SERVER_TIMING_HEADER, told.header());
      // Not null: with a JSON media type that would be sent as the text "null".
      void reply.send(body ?? undefined);
      flushHead(reply.raw);
      return await reply;
    } catch (error) {
      timer.fail();
      // Nobody is there to be told.
      if (connection.signal.aborted) {
        if (error instanceof ServerError) request.refusal = error.code;
        return reply.hijack();
      }
      throw error;
    }
  });
}

/**
 * Sends the head of an answer whose body has not begun. Node holds it back for the first byte, and an answer may think
 * long before that. A body that is there already goes out with its head: it is written in a tick that was asked for
 * before this one.
 */
function flushHead(raw: ServerResponse): void {
  process.nextTick(() => {
    if (!raw.headersSent && !raw.destroyed) raw.flushHeaders();
  });
}

function connectionOf({ raw }: FastifyReply): Omit<CallerConnection, "endStep"> {
  const gone = new AbortController();
  const ended = new Promise<"answered" | "interrupted">((resolve) => {
    const close = (): void => {
      if (!raw.writableFinished) gone.abort();
      resolve(raw.writableFinished ? "answered" : "interrupted");
    };
    // A caller may have gone while its body was read; nothing more is heard of it then.
    if (raw.closed) close();
    else raw.once("close", close);
  });
  return { signal: gone.signal, ended };
}
