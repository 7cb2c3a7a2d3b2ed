import * as z from "zod";
import { identityRestrictionSchema } from "./identity-restriction.js";

/** Methods that a call may use, upper case. */
export const CALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type CallMethod = (typeof CALL_METHODS)[number];

const strings = z.array(z.string().min(1).max(512)).min(1).max(64);
/** Absolute paths; `*` at the end stands for any rest, for example `/v1/chat/*`. */
export const pathPatterns = z
  .array(z.string().regex(/^\/[\x21-\x7e]{0,510}$/, "a path pattern begins with / and is printable ASCII"))
  .min(1)
  .max(64);
const count = z.number().int().min(1).max(1_000_000_000);

/**
 * What a slot (at store) or a grant allows. Every member is optional; a call must satisfy both lists. A server that
 * does not enforce a member yet refuses it: a restriction that is stored and ignored would be a lie.
 */
export const restrictionsSchema = z.strictObject({
  origins: strings.optional(),
  ips: strings.optional(),
  methods: z.array(z.enum(CALL_METHODS)).min(1).optional(),
  /** `read-only`: GET and HEAD. `write-only`: the others. */
  mode: z.enum(["read-only", "write-only"]).optional(),
  paths: pathPatterns.optional(),
  models: strings.optional(),
  /** Unix seconds after which the grant is dead. */
  notAfter: z.number().int().positive().optional(),
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
