import * as z from "zod/mini";
import "./schema-messages.js";
import { canonicalJson } from "./canonical-json.js";
import { bytesToHex, fromHex } from "./encoding.js";
import { digest } from "./framing.js";
import { FINGERPRINT, SUBJECT } from "./identifiers.js";

/** What the first row of a chain has for the hash of the one before. */
export const NO_ROW_HASH = "0".repeat(64);

/**
 * What a row has there that the server wrote after it had found the chain's head replaced: it follows nothing, so no
 * export that reaches beyond it verifies.
 */
export const BROKEN_CHAIN_HASH = "f".repeat(64);

const DOMAIN = "vaultproof log row v1";
const CHAIN = /^(?:slot:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|developer:[A-Za-z0-9_-]{43})$/;

const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/, "a hash is 64 lowercase hex digits"));
const count = z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER));

/** Names a chain: `slot:` and a slot's id, or `developer:` and a keyid. */
export const logChainSchema = z.string().check(z.regex(CHAIN, "a chain is slot:<id> or developer:<keyid>"));
/** A place in a chain; the first row is 1, and 0 stands before it. */
export const logSeqSchema = count;
export const logHashSchema = hash;

function text(chars: number): z.ZodMiniString {
  return z.string().check(
    z.minLength(1),
    z.maxLength(chars),
    // Half a character has no UTF-8, hence no hash.
    // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
    z.regex(/^[^\u0000-\u001f\u007f\p{Cs}]*$/u, "no control characters"),
  );
}

/**
 * A row of the log: a call, a management act, or refusals of one kind counted together. Null stands for what a row has
 * not; no text is empty. Times in Unix seconds.
 */
export const logRowSchema = z.strictObject({
  chain: logChainSchema,
  seq: count.check(z.minimum(1)),
  at: count,
  /** keyid of the developer whose slot it is, or who acted. */
  developer: z.string().check(z.regex(FINGERPRINT)),
  slot: z.nullable(text(64)),
  app: z.nullable(text(256)),
  /** The end user whom the call was proved to be of. */
  subject: z.nullable(z.string().check(z.regex(SUBJECT))),
  method: z.nullable(text(16)),
  /** A path without its query. */
  endpoint: z.nullable(text(8192)),
  /** The status that was answered. */
  status: z.nullable(count.check(z.maximum(999))),
  latencyMs: z.nullable(count),
  outcome: text(64),
  /** 1, or how many refusals of this kind a row stands for. */
  count: count.check(z.minimum(1)),
  requestHash: z.nullable(hash),
  nullifier: z.nullable(hash),
  /** The root of the slot's apps that the call was judged by. */
  root: z.nullable(hash),
  prevHash: hash,
  hash,
});

export type LogRow = z.infer<typeof logRowSchema>;
/** What a row's hash covers, besides the hash of the row before. */
export type LogRowContent = Omit<LogRow, "prevHash" | "hash">;

/** The members of a row in the order in which a CSV has them; a row has no others. */
export const LOG_ROW_MEMBERS = Object.keys(logRowSchema.shape) as (keyof LogRow)[];

/** The chain of what is called on a slot. */
export function slotChain(slotId: string): string {
  return `slot:${slotId}`;
}

/** The chain of what a developer manages. */
export function developerChain(keyid: string): string {
  return `developer:${keyid}`;
}

/**
 * A row's hash: the digest of the hash before it and the JCS of its content; 64 hex digits. Other members are left out.
 *
 * @param prevHash 64 hex digits; {@link NO_ROW_HASH} for the first row.
 */
export function logRowHash(prevHash: string, row: LogRowContent): string {
  const content: LogRowContent = {
    chain: row.chain,
    seq: row.seq,
    at: row.at,
    developer: row.developer,
    slot: row.slot,
    app: row.app,
    subject: row.subject,
    method: row.method,
    endpoint: row.endpoint,
    status: row.status,
    latencyMs: row.latencyMs,
    outcome: row.outcome,
    count: row.count,
    requestHash: row.requestHash,
    nullifier: row.nullifier,
    root: row.root,
  };
  return bytesToHex(digest(DOMAIN, fromHex(prevHash), canonicalJson(content)));
}
