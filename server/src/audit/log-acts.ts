import type { FastifyInstance } from "fastify";
import type { AuditLog } from "./audit-log.js";
import { actOf, entryOf } from "./management-act.js";

/**
 * Writes down what developers asked for in this scope and were refused. What was done is written in the transaction that
 * did it; of that the linker is told.
 */
export function logRefusedActs(app: FastifyInstance, audit: Pick<AuditLog, "writer" | "nudge">): void {
  // Before the answer goes out: whoever has it finds the act in the log.
  app.addHook("onSend", (request, reply, payload, done) => {
    if (request.method !== "GET" && request.developer !== null) {
      const status = reply.statusCode;
      if (status < 400) audit.nudge();
      else
        audit.writer.write(
          entryOf(actOf(request, status), { status, outcome: request.refusal ?? "internal" }),
        );
    }
    done(null, payload);
  });
}
