import type { FastifyInstance } from "fastify";
import { namedDeveloper } from "../developer/verify-developer.js";
import { edgeVerified } from "../edge/edge-hook.js";
import type { AuditLog } from "./audit-log.js";
import { actOf, entryOf } from "./management-act.js";

/**
 * Writes down what developers asked for in this scope and were refused; what was one too many is counted alone. What was
 * done is written in the transaction that did it; of that the linker is told.
 */
export function logRefusedActs(
  app: FastifyInstance,
  audit: Pick<AuditLog, "writer" | "nudge" | "refusals">,
): void {
  // Before the answer goes out: whoever has it finds the act in the log, and what comes next behind it.
  app.addHook("onSend", async (request, reply, payload) => {
    const { developer, method, refusal } = request;
    if (method === "GET" || developer === null) return payload;
    const status = reply.statusCode;
    if (status < 400) audit.nudge();
    else if (refusal === "rateLimited") audit.refusals.ofDeveloper(developer.id, refusal);
    else {
      audit.writer.write(entryOf(actOf(request, status), { status, outcome: refusal ?? "internal" }));
      await audit.writer.flush();
    }
    return payload;
  });
}

/** Counts what was asked in a developer's name in this scope and was not signed by that developer. */
export function countUnsigned(app: FastifyInstance, { refusals }: Pick<AuditLog, "refusals">): void {
  app.addHook("onSend", (request, _reply, payload, done) => {
    if (request.refusal === "unauthorized" && request.developer === null) {
      const developerId = namedDeveloper(edgeVerified(request));
      if (developerId !== undefined) refusals.ofDeveloper(developerId, "unauthorized");
    }
    done(null, payload);
  });
}
