import type { Queryable } from "@vaultproof/db/database";
import { appendCallLog, type CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { APP_ID, KEY_SLOT_ID } from "@vaultproof/protocol/identifiers";
import { developerChain } from "@vaultproof/protocol/log-row";
import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.js";

/** What a management request did that was not refused. `repeated`: it had been done before, and was answered alike. */
export type ActOutcome =
  "registered" | "stored" | "granted" | "revoked" | "rotated" | "refreshed" | "repeated";

/** A management request whose developer is known, as it is written down. */
export interface ManagementAct {
  readonly developerId: string;
  readonly method: string;
  /** Path without a query. */
  readonly endpoint: string;
  readonly slotId: string | null;
  readonly appId: string | null;
  /** The status that it is answered with if it is not refused. */
  readonly status: number;
  /** When it came, by `performance.now()`. */
  readonly started: number;
}

/** Longer paths are no route's with an id that exists; of those the route's pattern is kept. */
const MAX_PATH_CHARS = 256;
const PATH = /^\/[\x21-\x7e]*$/;

declare module "fastify" {
  interface FastifyRequest {
    /** When the developer's signature was looked at, by `performance.now()`. */
    managedSince: number;
  }
}

/**
 * What a request asks for. Ids are taken from path and body as far as they are ids at all.
 *
 * @param status what it is answered with if it is not refused.
 */
export function actOf(request: FastifyRequest, status: number): ManagementAct {
  if (request.developer === null) throw new ServerError("unauthorized");
  const { method, params, body } = request;
  return {
    ...{ method, status },
    developerId: request.developer.id,
    endpoint: endpointOf(request),
    slotId: idIn(params, "keySlotId", KEY_SLOT_ID) ?? idIn(body, "keySlotId", KEY_SLOT_ID),
    appId: idIn(body, "appId", APP_ID),
    started: request.managedSince,
  };
}

/** Writes an act down. In the transaction of what it changes: either both are there or neither. */
export async function appendAct(tx: Queryable, act: ManagementAct, outcome: ActOutcome): Promise<void> {
  await appendCallLog(tx, [entryOf(act, { status: act.status, outcome })]);
}

/** The entry of an act that ended so. */
export function entryOf(
  { developerId, method, endpoint, slotId, appId, started }: ManagementAct,
  { status, outcome }: { readonly status: number; readonly outcome: string },
): CallLogEntry {
  return {
    ...{ developerId, method, endpoint, slotId, appId, outcome },
    chain: developerChain(developerId),
    statusCode: status,
    latencyMs: performance.now() - started,
  };
}

function endpointOf({ url, routeOptions }: FastifyRequest): string {
  const path = url.split("?", 1)[0] ?? "";
  return path.length <= MAX_PATH_CHARS && PATH.test(path) ? path : (routeOptions.url ?? "/");
}

function idIn(members: unknown, name: string, form: RegExp): string | null {
  const value = Object(members) as Readonly<Record<string, unknown>>;
  const id = Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof id === "string" && form.test(id) ? id : null;
}
