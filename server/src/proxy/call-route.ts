import { callWireLimit } from "@vaultproof/protocol/limits";
import type { FastifyInstance, FastifyReply } from "fastify";
import { edgeVerified } from "../edge/edge-hook.js";
import { handleCall, type CallDependencies, type CallerConnection } from "./handle-call.js";

/** Adds `POST /api/v1/proxy/call`. The provider's answer is streamed as it arrives, marked `vp-source: upstream`. */
export function callRoute(app: FastifyInstance, deps: CallDependencies): void {
  app.post("/api/v1/proxy/call", { bodyLimit: callWireLimit(deps.bodyLimit) }, async (request, reply) => {
    const connection = connectionOf(reply);
    try {
      const { status, headers, body } = await handleCall(deps, edgeVerified(request), connection);
      // Not null: with a JSON media type that would be sent as the text "null".
      return await reply
        .code(status)
        .headers(headers)
        .header("vp-source", "upstream")
        .send(body ?? undefined);
    } catch (error) {
      // Nobody is there to be told.
      if (connection.signal.aborted) return reply.hijack();
      throw error;
    }
  });
}

function connectionOf({ raw }: FastifyReply): CallerConnection {
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
