import type { Database } from "@vaultproof/db/database";
import { listLogRows } from "@vaultproof/db/queries/list-log-rows";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { KEY_SLOT_ID } from "@vaultproof/protocol/identifiers";
import { LOG_HEAD_HEADER } from "@vaultproof/protocol/log-head";
import { LOG_LIMITS } from "@vaultproof/protocol/log-limits";
import { logsAnswerSchema } from "@vaultproof/protocol/log-routes";
import { developerChain, slotChain } from "@vaultproof/protocol/log-row";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { AuditLog } from "../audit/audit-log.js";
import { exportLog, headsHeader } from "../audit/export-log.js";
import { ServerError } from "../errors.js";
import { developerOf } from "./developer-of.js";

/** What the routes of the log take. */
export interface LogRoutesOptions {
  readonly db: Database;
  readonly audit: Pick<AuditLog, "settle" | "signer">;
}

const DEFAULT_PAGE_ROWS = 50;
const MAX_PAGE = 1_000_000_000;

const slotParams = z.object({ keySlotId: z.string().regex(KEY_SLOT_ID) });
const pageQuery = z.strictObject({
  page: integer({ min: 1, max: MAX_PAGE }).default(1),
  limit: integer({ min: 1, max: LOG_LIMITS.pageRows }).default(DEFAULT_PAGE_ROWS),
});
const exportQuery = z.strictObject({
  after: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  limit: integer({ min: 1, max: LOG_LIMITS.exportRows }).default(LOG_LIMITS.exportRows),
});

/** The log of a slot's calls and of what the developer managed, in the scope of the management routes. */
export function logRoutes(app: FastifyInstance, options: LogRoutesOptions): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const page = { querystring: pageQuery, response: { 200: logsAnswerSchema } };

  routes.get("/api/v1/keys/:keySlotId/logs", { schema: { params: slotParams, ...page } }, async (request) => {
    const chain = await slotChainOf(options.db, request, request.params.keySlotId);
    return await list(options, chain, request.query);
  });
  routes.get("/api/v1/developers/logs", { schema: page }, async (request) => {
    return await list(options, developerChain(developerOf(request).id), request.query);
  });
  routes.get(
    "/api/v1/keys/:keySlotId/logs/export",
    { schema: { params: slotParams, querystring: exportQuery } },
    async (request, reply) => {
      const chain = await slotChainOf(options.db, request, request.params.keySlotId);
      return await sendExport(options, { chain, ...request.query }, reply);
    },
  );
  routes.get(
    "/api/v1/developers/logs/export",
    { schema: { querystring: exportQuery } },
    async (request, reply) => {
      return await sendExport(
        options,
        { chain: developerChain(developerOf(request).id), ...request.query },
        reply,
      );
    },
  );
}

async function list(
  { db, audit }: LogRoutesOptions,
  chain: string,
  { page, limit }: z.output<typeof pageQuery>,
): Promise<z.input<typeof logsAnswerSchema>> {
  await audit.settle(chain);
  return { ...(await listLogRows(db, { chain, page, limit })), page };
}

async function sendExport(
  { db, audit }: LogRoutesOptions,
  request: { chain: string } & z.output<typeof exportQuery>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await audit.settle(request.chain);
  const { csv, heads } = await exportLog({ db, signer: audit.signer }, request);
  return await reply
    .header(LOG_HEAD_HEADER, headsHeader(heads))
    .header("cache-control", "no-store")
    .type("text/csv; charset=utf-8")
    .send(csv);
}

/** @throws ServerError `notFound`, alike for no slot and somebody else's. */
async function slotChainOf(db: Database, request: FastifyRequest, slotId: string): Promise<string> {
  const owned = await readSlotForOwner(db, { slotId, developerId: developerOf(request).id });
  if (owned === null) throw new ServerError("notFound");
  return slotChain(slotId);
}

/** A whole number in its one spelling. */
function integer({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,15})$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}
