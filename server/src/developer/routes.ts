import type { Database } from "@vaultproof/db/database";
import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import { pathAnswerSchema } from "@vaultproof/protocol/app-path-route";
import {
  grantAnswerSchema,
  grantSchema,
  listAnswerSchema,
  listQuerySchema,
  registerAnswerSchema,
  registerSchema,
  revokeAnswerSchema,
  revokeAppAnswerSchema,
  revokeAppSchema,
  storeAnswerSchema,
  storeSchema,
} from "@vaultproof/protocol/developer-routes";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { AuditLog } from "../audit/audit-log.js";
import { countUnsigned, logRefusedActs } from "../audit/log-acts.js";
import { actOf } from "../audit/management-act.js";
import { edgeVerified } from "../edge/edge-hook.js";
import { ServerError } from "../errors.js";
import {
  grantApp,
  revokeApp,
  revokeKey,
  type ChangeDependencies,
  type SlotOfDeveloper,
} from "./change-slot.js";
import { developerOf } from "./developer-of.js";
import { checkRestrictionsEnforced } from "./check-restrictions-enforced.js";
import {
  parseJsonBodies,
  requireDeveloperSignature,
  signAnswers,
  type DeveloperHookOptions,
} from "./hooks.js";
import { listSlots } from "./list-slots.js";
import { logRoutes } from "./log-routes.js";
import { createAppPathReader, type AppPathDependencies } from "./read-app-path.js";
import { registerDeveloper, type RegistrationRules } from "./register-developer.js";
import type { RotationDependencies } from "./rotate-slot.js";
import { rotationRoutes } from "./rotation-routes.js";
import { statsRoutes } from "./stats-routes.js";
import { storeKey, type StoreDependencies } from "./store-key.js";
import { assertAdmitted, verifyPossession } from "./verify-developer.js";

/** What the management routes take. */
export interface DeveloperRoutesOptions
  extends
    DeveloperHookOptions,
    StoreDependencies,
    ChangeDependencies,
    RotationDependencies,
    RegistrationRules {
  readonly db: Database;
  readonly audit: AuditLog;
}

const slotParams = z.object({ keySlotId: z.string().regex(KEY_SLOT_ID) });
const noBody = z.strictObject({}).nullish();

/** `GET /api/v1/keys/:keySlotId/path?leaf=`: the one key route without a signature; it is public data. */
export function pathRoute(app: FastifyInstance, dependencies: AppPathDependencies): void {
  const paths = createAppPathReader(dependencies);
  app
    .withTypeProvider<ZodTypeProvider>()
    .get<{ Params: { keySlotId: string }; Querystring: { leaf?: unknown } }>(
      "/api/v1/keys/:keySlotId/path",
      { schema: { response: { 200: pathAnswerSchema } } },
      (request) => paths.read({ slotId: request.params.keySlotId, leaf: request.query.leaf }),
    );
}

/** `POST /api/v1/developers`: the signature is checked by the key that is being registered. */
export function registrationRoute(app: FastifyInstance, options: DeveloperRoutesOptions): void {
  parseJsonBodies(app);
  countUnsigned(app, options.audit);
  signAnswers(app, options);
  app.withTypeProvider<ZodTypeProvider>().post(
    "/api/v1/developers",
    {
      schema: { body: registerSchema, response: { 200: registerAnswerSchema, 201: registerAnswerSchema } },
    },
    async (request, reply) => {
      request.managedSince = performance.now();
      const { publicKey, label = "", inviteToken } = request.body;
      const developer = await verifyPossession(edgeVerified(request), readKey(publicKey), {
        ...options,
        fingerprint: options.identity.fingerprint,
        verifySignature: verifyEd25519,
      });
      request.developer = developer;
      assertAdmitted(developer, options);
      const registration = { developer, label, inviteToken, act: actOf(request, 201) };
      const { created } = await registerDeveloper(options.db, options, registration);
      options.audit.nudge();
      return await reply.code(created ? 201 : 200).send({ keyid: developer.id });
    },
  );
}

/** Every other management route: signed by a registered developer, answered with a signature. */
export function managementRoutes(app: FastifyInstance, options: DeveloperRoutesOptions): void {
  requireDeveloperSignature(app, options);
  parseJsonBodies(app);
  signAnswers(app, options);
  logRefusedActs(app, options.audit);
  countUnsigned(app, options.audit);
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = options;
  logRoutes(app, options);
  rotationRoutes(app, options);
  statsRoutes(app, options);

  routes.post(
    "/api/v1/keys/store",
    { schema: { body: storeSchema, response: { 201: storeAnswerSchema } } },
    async (request, reply) => {
      const { version } = await storeKey(options, developerOf(request), request.body, actOf(request, 201));
      const { keySlotId } = request.body;
      return await reply.code(201).send({ keySlotId, status: "stored" as const, version });
    },
  );

  routes.get(
    "/api/v1/keys/list",
    { schema: { querystring: listQuerySchema, response: { 200: listAnswerSchema } } },
    (request) => listSlots(db, { developerId: developerOf(request).id, ...request.query }),
  );

  routes.post(
    "/api/v1/keys/revoke/:keySlotId",
    { schema: { params: slotParams, body: noBody, response: { 200: revokeAnswerSchema } } },
    async (request) => {
      await revokeKey(db, slotOf(request, 200));
      return { status: "revoked" as const };
    },
  );

  routes.post(
    "/api/v1/keys/:keySlotId/grant",
    { schema: { params: slotParams, body: grantSchema, response: { 201: grantAnswerSchema } } },
    async (request, reply) => {
      checkRestrictionsEnforced(options.enforcedRestrictions, [request.body.restrictions]);
      const granted = await grantApp(options, slotOf(request, 201), request.body);
      return await reply.code(201).send({ status: "granted" as const, ...granted });
    },
  );

  routes.post(
    "/api/v1/keys/:keySlotId/revoke-app",
    { schema: { params: slotParams, body: revokeAppSchema, response: { 200: revokeAppAnswerSchema } } },
    async (request) => {
      const { appRoot } = await revokeApp(options, slotOf(request, 200), request.body.appId);
      return { status: "revoked" as const, appRoot };
    },
  );
}

/** @param status what the request is answered with if it is not refused. */
function slotOf(request: FastifyRequest<{ Params: { keySlotId: string } }>, status: number): SlotOfDeveloper {
  const act = actOf(request, status);
  return { slotId: request.params.keySlotId, developerId: act.developerId, act };
}

function readKey(text: string): Uint8Array {
  try {
    return fromBase64Url(text);
  } catch (cause) {
    const details = ["publicKey: must be canonical base64url of 32 bytes"];
    throw new ServerError("invalidRequest", { extra: { details }, cause });
  }
}
