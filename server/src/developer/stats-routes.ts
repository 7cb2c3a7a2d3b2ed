import type { Database } from "@vaultproof/db/database";
import {
  byKeyAnswerSchema,
  noQuerySchema,
  overviewAnswerSchema,
  usageAnswerSchema,
  usageQuerySchema,
} from "@vaultproof/protocol/stats-routes";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { developerOf } from "./developer-of.js";
import { readByKey, readOverview, readUsage } from "./read-stats.js";

/** `/api/v1/stats/…`, in the scope of the management routes: behind the developer's signature. */
export function statsRoutes(app: FastifyInstance, { db }: { readonly db: Database }): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    "/api/v1/stats/overview",
    { schema: { querystring: noQuerySchema, response: { 200: overviewAnswerSchema } } },
    (request) => readOverview(db, developerOf(request).id),
  );

  routes.get(
    "/api/v1/stats/usage",
    { schema: { querystring: usageQuerySchema, response: { 200: usageAnswerSchema } } },
    async (request) => ({
      usage: await readUsage(db, { developerId: developerOf(request).id, days: request.query.days }),
    }),
  );

  routes.get(
    "/api/v1/stats/by-key",
    { schema: { querystring: noQuerySchema, response: { 200: byKeyAnswerSchema } } },
    async (request) => ({ keySlots: await readByKey(db, developerOf(request).id) }),
  );
}
