import * as z from "zod";
import { identityRestrictionSchema } from "./identity-restriction.js";
import { originProblem } from "./origins.js";

/** Methods that a call may use, upper case. */
export const CALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type CallMethod = (typeof CALL_METHODS)[number];

const listOf = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).min(1).max(64);
/** Absolute paths; `*` at the end stands for any rest, for example `/v1/chat/*`. */
export const pathPatterns = listOf(
  z.string().regex(/^\/[\x21-\x7e]{0,510}$/, "a path pattern begins with / and is printable ASCII"),
);
const origin = z.string().superRefine((text, context) => {
  const problem = originProblem(text);
  if (problem !== null) context.addIssue({ code: "custom", message: problem, input: undefined });
});
// The server reads them; here only what no address is made of.
const ipRange = z
  .string()
  .max(64)
  .regex(/^[0-9A-Fa-f.:]+(?:\/[0-9]{1,3})?$/, "an entry is an IPv4 or IPv6 address or CIDR range");
const model = z
  .string()
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "a model's name is printable ASCII without spaces");
const count = z.number().int().min(1).max(1_000_000_000);

/**
 * What a slot (at store) or a grant allows. Every member is optional; a call must satisfy both lists. A server that
 * does not enforce a member yet refuses it: a restriction that is stored and ignored would be a lie.
 */
export const restrictionsSchema = z.strictObject({
  /** As browsers send them, `https://app.example`; `https://*.app.example` for any name below it. */
  origins: listOf(origin).optional(),
  /** Addresses and CIDR ranges, IPv4 and IPv6. */
  ips: listOf(ipRange).optional(),
  methods: z.array(z.enum(CALL_METHODS)).min(1).optional(),
  /** `read-only`: GET and HEAD. `write-only`: the others. */
  mode: z.enum(["read-only", "write-only"]).optional(),
  paths: pathPatterns.optional(),
  /** Names of models; `*` at the end stands for any rest. A call whose model cannot be read is refused. */
  models: listOf(model).optional(),
  /** Unix seconds after which the grant is dead. */
  notAfter: z.number().int().positive().optional(),
  /** Calls in a minute, a day and a calendar month of UTC. */
  perMinute: count.optional(),
  perDay: count.optional(),
  perMonth: count.optional(),
  /** Bytes that the provider is sent at most. */
  maxBody: count.optional(),
  identity: identityRestrictionSchema.optional(),
  /** Refuses shares sent in clear. */
  sealedOnly: z.boolean().optional(),
  sessions: z.record(z.string(), z.unknown()).optional(),
});

export type Restrictions = z.infer<typeof restrictionsSchema>;
export type RestrictionName = keyof Restrictions;
