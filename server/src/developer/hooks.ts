import type { FastifyInstance } from "fastify";
import { refuseContentCoding } from "../content-coding.js";
import { edgeVerified } from "../edge/edge-hook.js";
import type { ServerIdentity } from "../keys/identity.js";
import { readJsonBody } from "./read-json-body.js";
import { signAnswer } from "./sign-answer.js";
import {
  assertAdmitted,
  verifyDeveloper,
  type DeveloperVerification,
  type VerifiedDeveloper,
} from "./verify-developer.js";

/** What the hooks of the management routes take. */
export interface DeveloperHookOptions extends Omit<DeveloperVerification, "fingerprint"> {
  readonly identity: ServerIdentity;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the developer's signature holds; from then on every answer is signed. */
    developer: VerifiedDeveloper | null;
  }
}

/** Refuses every request in this scope that no registered developer signed, before its body is looked at. */
export function requireDeveloperSignature(app: FastifyInstance, options: DeveloperHookOptions): void {
  const verification = { ...options, fingerprint: options.identity.fingerprint };
  app.addHook("preValidation", async (request) => {
    request.managedSince = performance.now();
    request.developer = await verifyDeveloper(edgeVerified(request), verification);
    assertAdmitted(request.developer, verification);
  });
}

/** Parses the bodies in this scope. Where a signature is required, require it first. */
export function parseJsonBodies(app: FastifyInstance): void {
  app.addHook("preValidation", (request, _reply, done) => {
    refuseContentCoding(request.headers["content-encoding"]);
    request.body = readJsonBody(edgeVerified(request).body, request.headers["content-type"]);
    done();
  });
}

/** Signs the answers in this scope, errors included, once `request.developer` is known. */
export function signAnswers(app: FastifyInstance, { identity, clock }: DeveloperHookOptions): void {
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.developer === null) return payload;
    const body = Buffer.from(typeof payload === "string" || payload instanceof Uint8Array ? payload : "");
    const created = Math.floor(clock());
    reply.headers(
      await signAnswer(identity, { status: reply.statusCode, body, request: edgeVerified(request), created }),
    );
    return body;
  });
}
