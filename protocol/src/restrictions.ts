import * as z from "zod/mini";
import "./schema-messages.js";
import { identityRestrictionSchema } from "./identity-restriction.js";
import { CALL_METHODS } from "./identifiers.js";
import { originProblem } from "./origins.js";

export { CALL_METHODS, type CallMethod } from "./identifiers.js";

const listOf = <Entry extends z.core.SomeType>(entry: Entry) =>
  z.array(entry).check(z.minLength(1), z.maxLength(64));
/** Absolute paths; `*` at the end stands for any rest, for example `/v1/chat/*`. */
export const pathPatterns = listOf(
  z.string().check(z.regex(/^\/[\x21-\x7e]{0,510}$/, "a path pattern begins with / and is printable ASCII")),
);
const origin = z.string().check(
  z.superRefine((text, context) => {
    const problem = originProblem(text);
    if (problem !== null) context.addIssue({ code: "custom", message: problem, input: undefined });
  }),
);
// The server reads them; here only what no address is made of.
const ipRange = z
  .string()
  .check(
    z.maxLength(64),
    z.regex(/^[0-9A-Fa-f.:]+(?:\/[0-9]{1,3})?$/, "an entry is an IPv4 or IPv6 address or CIDR range"),
  );
const model = z
  .string()
  .check(z.maxLength(512), z.regex(/^[\x21-\x7e]+$/, "a model's name is printable ASCII without spaces"));
const count = z.int().check(z.minimum(1), z.maximum(1_000_000_000));

/**
 * What a slot (at store) or a grant allows. Every member is optional; a call must satisfy both lists. A server that
 * does not enforce a member yet refuses it: a restriction that is stored and ignored would be a lie.
 */
export const restrictionsSchema = z.strictObject({
  /** As browsers send them, `https://app.example`; `https://*.app.example` for any name below it. */
  origins: z.optional(listOf(origin)),
  /** Addresses and CIDR ranges, IPv4 and IPv6. */
  ips: z.optional(listOf(ipRange)),
  methods: z.optional(z.array(z.enum(CALL_METHODS)).check(z.minLength(1))),
  /** `read-only`: GET and HEAD. `write-only`: the others. */
  mode: z.optional(z.enum(["read-only", "write-only"])),
  paths: z.optional(pathPatterns),
  /** Names of models; `*` at the end stands for any rest. A call whose model cannot be read is refused. */
  models: z.optional(listOf(model)),
  /** Unix seconds after which the grant is dead. */
  notAfter: z.optional(z.int().check(z.positive())),
  /** Calls in a minute, a day and a calendar month of UTC. */
  perMinute: z.optional(count),
  perDay: z.optional(count),
  perMonth: z.optional(count),
  /** Bytes that the provider is sent at most. */
  maxBody: z.optional(count),
  identity: z.optional(identityRestrictionSchema),
  /** Refuses shares sent in clear. */
  sealedOnly: z.optional(z.boolean()),
  sessions: z.optional(z.record(z.string(), z.unknown())),
});

export type Restrictions = z.infer<typeof restrictionsSchema>;
export type RestrictionName = keyof Restrictions;
