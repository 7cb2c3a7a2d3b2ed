import {
  refreshAnswerSchema,
  refreshSchema,
  rotateAnswerSchema,
  rotateSchema,
} from "@vaultproof/protocol/rotation-routes";
import { KEY_SLOT_ID } from "@vaultproof/protocol/identifiers";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { actOf } from "../audit/management-act.js";
import { developerOf } from "./developer-of.js";
import type { RotatedSlot } from "./remask-share.js";
import { refreshShare, rotateKey, type RotationDependencies } from "./rotate-slot.js";

const slotParams = z.object({ keySlotId: z.string().regex(KEY_SLOT_ID) });

/** `rotate` and `refresh`, in the scope of the management routes: behind the developer's signature. */
export function rotationRoutes(app: FastifyInstance, options: RotationDependencies): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.post(
    "/api/v1/keys/:keySlotId/rotate",
    { schema: { params: slotParams, body: rotateSchema, response: { 200: rotateAnswerSchema } } },
    async (request) => {
      const { version } = await rotateKey(options, slotOf(request), request.body);
      return { status: "rotated" as const, version };
    },
  );

  routes.post(
    "/api/v1/keys/:keySlotId/refresh",
    { schema: { params: slotParams, body: refreshSchema, response: { 200: refreshAnswerSchema } } },
    async (request) => {
      const { version } = await refreshShare(options, slotOf(request), request.body);
      return { status: "refreshed" as const, version };
    },
  );
}

function slotOf(request: FastifyRequest<{ Params: { keySlotId: string } }>): RotatedSlot {
  const developer = developerOf(request);
  return { slotId: request.params.keySlotId, developerId: developer.id, developer, act: actOf(request, 200) };
}
