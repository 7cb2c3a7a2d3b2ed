import type { ErrorCode } from "@vaultproof/protocol/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CallEnd, CallWatch, WatchCall } from "./call-watch.js";

/** Where calls are made. */
export const CALL_PATH = "/api/v1/proxy/call";

declare module "fastify" {
  interface FastifyRequest {
    /** What the request was refused with, once it was. */
    refusal: ErrorCode | null;
    /** Who watches this call, if anybody does. */
    callWatch: CallWatch | null;
    /** Whether there is a provider's answer to pass on. */
    hasAnswer: boolean;
  }
}

/**
 * Watches every request to the path of calls from its head on: those as well that are refused before the path begins.
 * Call it before whatever may refuse a request.
 */
export function watchCalls(app: FastifyInstance, watchCall: WatchCall | undefined): void {
  app.decorateRequest("refusal", null);
  app.decorateRequest("callWatch", null);
  app.decorateRequest("hasAnswer", false);
  if (watchCall === undefined) return;
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.url === CALL_PATH) {
      const watch = watchCall({ requestId: request.id });
      request.callWatch = watch;
      reply.raw.once("close", () => watch.end(endOf(request, reply), reply.raw.statusCode));
    }
    done();
  });
}

function endOf({ refusal, hasAnswer }: FastifyRequest, { raw }: FastifyReply): CallEnd {
  if (refusal !== null) return refusal;
  if (!hasAnswer) return "caller gone";
  return raw.writableFinished ? "answered" : "interrupted";
}
