import * as z from "zod/mini";
import "./schema-messages.js";
import { LIMITS } from "./limits.js";
import { CALL_METHODS } from "./restrictions.js";

export { APP_ID, KEY_SLOT_ID } from "./identifiers.js";

const headerName = z
  .string()
  .check(z.regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/, "header names are lowercase tokens"));
const headerValue = z
  .string()
  .check(
    z.maxLength(LIMITS.headerValueChars),
    z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "header values hold no control characters"),
  );
const headers = z.pipe(
  z.unknown().check(
    // z.record leaves out a member of this name without a word; a header that is dropped is not the request as proved.
    z.refine(
      (value) => !isObject(value) || !Object.hasOwn(value, "__proto__"),
      "__proto__ is not a header name",
    ),
  ),
  z.record(headerName, headerValue),
);
// The longest text that can be right for each member; encodings are judged with the statement, not here.
const MEMBER_CHARS = 20_000;
const AUTH_CHARS = 16_384;
const DETAIL_CHARS = 128;
const text = (chars: number) => z.string().check(z.maxLength(chars));

/**
 * Body of `POST /api/v1/proxy/call`: presence, JSON types and sizes only. Whether an encoding is right is judged with
 * the statement, where the answer tells nothing apart.
 */
export const callSchema = z
  .strictObject({
    keySlotId: text(128),
    /** Share 2 in clear, standard base64; for a person with curl. */
    share2: z.optional(text(MEMBER_CHARS)),
    /** Share 2 sealed to a transport key. */
    share2_encrypted: z.optional(text(MEMBER_CHARS)),
    zkProof: text(MEMBER_CHARS),
    nullifier: text(128),
    appId: text(256),
    /** Absolute path with an optional query. */
    targetPath: z
      .string()
      .check(
        z.maxLength(LIMITS.targetPathChars),
        z.regex(/^\/[\x21-\x7e]*$/, "targetPath is an absolute path of printable ASCII"),
      ),
    method: z.enum(CALL_METHODS),
    /** Unix seconds. Missing is read as expired. */
    expiresAt: z.optional(z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER))),
    headers: z.optional(headers),
    /** JSON that is forwarded as its JCS bytes. */
    body: z.optional(z.unknown()),
    /** The exact bytes for the provider, standard base64. */
    bodyBase64: z.optional(z.string()),
    auth: z.optional(
      z.strictObject({
        identityToken: z.optional(text(AUTH_CHARS)),
        idSignature: z.optional(text(AUTH_CHARS)),
        accessToken: z.optional(text(AUTH_CHARS)),
      }),
    ),
  })
  .check(
    z.superRefine((call, context) => {
      const refuse = (message: string) => context.addIssue({ code: "custom", message, input: undefined });
      if ((call.share2 === undefined) === (call.share2_encrypted === undefined)) {
        refuse("exactly one of share2 and share2_encrypted is required");
      }
      if ("body" in call && call.bodyBase64 !== undefined) refuse("body and bodyBase64 exclude each other");
      if (Object.keys(call.headers ?? {}).length > LIMITS.headerCount) refuse("too many headers");
    }),
  );

/** What says for whom a call is made, each in the words of the developer's backend. */
export type CallAuth = NonNullable<Call["auth"]>;

/** A call as sent, its shape checked and nothing else. */
export type Call = z.infer<typeof callSchema>;

/** The problems of a shape as short sentences for `details`; names of members, never their values. */
export function shapeDetails(error: z.core.$ZodError): string[] {
  return error.issues.slice(0, 16).map((issue) => {
    const where = issue.path.map(String).join(".").slice(0, DETAIL_CHARS);
    // A message names unknown members, and those may be megabytes long.
    const message = issue.message.slice(0, DETAIL_CHARS);
    return where === "" ? message : `${where}: ${message}`;
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
