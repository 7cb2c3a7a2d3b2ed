import { hash } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import {
  readStatement as readStatementRow,
  type CallStatement,
  type StatementGrant,
  type StatementSlot,
} from "@vaultproof/db/queries/read-statement";
import { APP_ID, KEY_SLOT_ID, type Call } from "@vaultproof/protocol/call";
import { canonicalJson, StrictJsonError } from "@vaultproof/protocol/canonical-json";
import { fieldFromHex, FieldEncodingError, fieldToBytes } from "@vaultproof/protocol/field";
import { LIMITS } from "@vaultproof/protocol/limits";
import { requestHash, SHARE_FORM } from "@vaultproof/protocol/request-hash";
import {
  ENC_BYTES,
  KEY_ID_BYTES,
  parseSealedBytes,
  TAG_BYTES,
  type SealedMessage,
} from "@vaultproof/protocol/sealed-message";
import { appIdHash } from "@vaultproof/protocol/statement";
import { ServerError, type LogReason } from "../errors.js";
import type { DatabaseClock } from "./database-clock.js";
import type { ReadCall } from "./read-call.js";

/** Share 2 as it arrived: sealed, or in clear as canonical base64. Neither is opened or decoded before step 7. */
export type Share2 =
  | { readonly form: "sealed"; readonly message: SealedMessage }
  | { readonly form: "clear"; readonly text: string };

/** What a call claims, its encodings judged, beside what the database says about it. The proof is still unproven. */
export interface ClaimedCall extends ReadCall {
  readonly slot: StatementSlot;
  readonly grant: StatementGrant;
  readonly share2: Share2;
  readonly expiresAt: number;
  readonly nullifier: Uint8Array;
  readonly requestHash: Uint8Array;
  readonly proof: Uint8Array;
  /** In the circuit's order, 32 bytes each. */
  readonly publicInputs: readonly Uint8Array[];
  /** The database's time, Unix seconds. */
  readonly now: number;
}

/** What this step needs. */
export interface StatementDependencies {
  readonly db: Database;
  readonly databaseClock: DatabaseClock;
}

const LOWERCASE_HEX = /^[0-9a-f]+$/;
/** The bits behind the last byte are zero. Judged as text: no share is decoded before step 7. */
const CANONICAL_BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
const SEALED_HEX = /^0x[0-9a-f]+$/;
const SEALED_OVERHEAD = KEY_ID_BYTES + ENC_BYTES + TAG_BYTES;
/** How far the clock as last known may be off before the database is asked; its own answer decides. */
const CLOCK_TOLERANCE_SECONDS = 30;
const EMPTY = new Uint8Array(0);
const NO_HEADERS_DIGEST = sha256(canonicalJson({}));
const EMPTY_DIGEST = sha256(EMPTY);

/**
 * Step 3: judges encodings and expiry, looks slot and app up in one statement, and rebuilds the public inputs.
 * Whatever is wrong answers as a proof that does not hold, so that nothing about slots and apps can be learnt without
 * one.
 *
 * @throws ServerError `invalidProof`, or `replay` for a nullifier that is already burnt.
 */
export async function readStatement(
  { db, databaseClock }: StatementDependencies,
  read: ReadCall,
): Promise<ClaimedCall> {
  const { call } = read;
  const expiresAt = call.expiresAt ?? 0;
  const estimate = databaseClock.now();
  if (estimate !== null && !isWithinLifetime(expiresAt, estimate, CLOCK_TOLERANCE_SECONDS)) {
    throw refused("expired");
  }
  const claim = readEncodings(call);
  const { keySlotId: slotId, appId } = call;
  const row = await readStatementRow(db, { slotId, appId, nullifier: claim.nullifier, expiresAt });
  databaseClock.observe(row.now);
  const { slot, grant } = activeOnly(row, expiresAt);
  if (row.burnt) throw new ServerError("replay", { logReason: "replay" });
  const boundTo = requestHashOf(read, claim.share2, expiresAt);
  const publicInputs = [
    slot.vaultCommitment,
    slot.appRoot,
    fieldToBytes(appIdHash(appId)),
    claim.nullifier,
    boundTo,
  ];
  return { ...read, ...claim, slot, grant, expiresAt, requestHash: boundTo, publicInputs, now: row.now };
}

function activeOnly(row: CallStatement, expiresAt: number): { slot: StatementSlot; grant: StatementGrant } {
  const { slot, grant, now, watermark } = row;
  // No slot has a log to be counted in.
  if (slot === null) throw new ServerError("invalidProof");
  if (slot.status !== "active" || slot.developerStatus !== "active") throw refused("revoked");
  if (grant === null) throw refused("app not granted");
  if (!isWithinLifetime(expiresAt, now, 0) || expiresAt < watermark) throw refused("expired");
  return { slot, grant };
}

function isWithinLifetime(expiresAt: number, now: number, tolerance: number): boolean {
  const whole = Math.floor(now);
  return expiresAt >= whole - tolerance && expiresAt <= whole + LIMITS.callLifetimeSeconds + tolerance;
}

function readEncodings(call: Call): Pick<ClaimedCall, "share2" | "nullifier" | "proof"> {
  if (!KEY_SLOT_ID.test(call.keySlotId) || !APP_ID.test(call.appId)) throw refused();
  // The length apart: counting in the pattern takes three times as long over so long a text.
  if (call.zkProof.length !== 2 * LIMITS.proofBytes || !LOWERCASE_HEX.test(call.zkProof)) throw refused();
  return {
    nullifier: readNullifier(call.nullifier),
    proof: Buffer.from(call.zkProof, "hex"),
    share2:
      call.share2_encrypted === undefined
        ? clearShare(call.share2 ?? "")
        : sealedShare(call.share2_encrypted),
  };
}

function readNullifier(text: string): Uint8Array {
  try {
    return fieldToBytes(fieldFromHex(text));
  } catch (error) {
    if (error instanceof FieldEncodingError) throw refused();
    throw error;
  }
}

function sealedShare(text: string): Share2 {
  const length = text.length / 2 - 1;
  if (!SEALED_HEX.test(text) || !Number.isInteger(length) || length < SEALED_OVERHEAD) throw refused();
  return { form: "sealed", message: parseSealedBytes(new Uint8Array(Buffer.from(text.slice(2), "hex"))) };
}

function clearShare(text: string): Share2 {
  if (text === "" || !CANONICAL_BASE64.test(text)) throw refused();
  return { form: "clear", text };
}

function requestHashOf({ call, body, bodyForm }: ReadCall, share2: Share2, expiresAt: number): Uint8Array {
  const { keySlotId, appId, method, targetPath, headers, auth } = call;
  return fieldToBytes(
    requestHash({
      ...{ keySlotId, appId, method, targetPath, expiresAt, bodyForm },
      shareForm: SHARE_FORM[share2.form],
      shareDigest: sha256(call.share2_encrypted ?? call.share2 ?? ""),
      headersDigest: headers === undefined ? NO_HEADERS_DIGEST : sha256(jcs(headers)),
      bodyDigest: body === null ? EMPTY_DIGEST : sha256(body),
      authDigest: auth === undefined ? EMPTY_DIGEST : sha256(jcs(auth)),
    }),
  );
}

/** A value that has no canonical form cannot have been proved over. */
function jcs(value: unknown): Uint8Array {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (error instanceof StrictJsonError) throw refused();
    throw error;
  }
}

function sha256(data: string | Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}

function refused(logReason: LogReason = "malformed"): ServerError {
  return new ServerError("invalidProof", { logReason });
}
