import { utf8ToBytes } from "@noble/hashes/utils.js";
import { EncodingError, fromBase64Url, toBase64Url } from "./encoding.js";
import { framed, uint64be } from "./framing.js";
import { SUBJECT } from "./identifiers.js";

/** What a developer's backend signs for a user. */
export interface IdSignatureStatement {
  readonly keySlotId: string;
  readonly appId: string;
  readonly subject: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly keyVersion: string;
}

/** What `auth.idSignature` says; slot and app are those of the call. */
export interface IdSignature extends Pick<IdSignatureStatement, "subject" | "expiresAt" | "keyVersion"> {
  readonly signature: Uint8Array;
}

const DOMAIN = utf8ToBytes("vaultproof id signature v1\0");
// A key version may hold points; what follows it holds none.
const TEXT = /^v1\.([A-Za-z0-9._-]{1,64})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const TEXT_CHARS = 4096;

/**
 * The bytes that are signed.
 *
 * @throws RangeError for a time before 1970 or a subject that has no UTF-8.
 */
export function idSignatureMessage(statement: IdSignatureStatement): Uint8Array<ArrayBuffer> {
  const { keySlotId, appId, subject, expiresAt, keyVersion } = statement;
  const parts = framed(keySlotId, appId, subject, uint64be(expiresAt), keyVersion);
  const message = new Uint8Array(DOMAIN.length + parts.length);
  message.set(DOMAIN);
  message.set(parts, DOMAIN.length);
  return message;
}

/** `v1.<key version>.<expiresAt>.<subject>.<signature>`, subject and signature in base64url. */
export function formatIdSignature({ keyVersion, expiresAt, subject, signature }: IdSignature): string {
  return ["v1", keyVersion, expiresAt, toBase64Url(utf8ToBytes(subject)), toBase64Url(signature)].join(".");
}

/** Reads the one spelling that each of them has; null for any other text. Nothing is verified. */
export function parseIdSignature(text: string): IdSignature | null {
  const match = text.length > TEXT_CHARS ? null : TEXT.exec(text);
  if (match === null) return null;
  const [, keyVersion = "", expiry = "", encodedSubject = "", encodedSignature = ""] = match;
  const expiresAt = Number(expiry);
  if (!Number.isSafeInteger(expiresAt)) return null;
  try {
    const subject = decodeUtf8(fromBase64Url(encodedSubject));
    const signature = fromBase64Url(encodedSignature);
    return SUBJECT.test(subject) ? { keyVersion, expiresAt, subject, signature } : null;
  } catch (error) {
    if (error instanceof EncodingError || error instanceof TypeError) return null;
    throw error;
  }
}

/** A byte order mark is a character like any other, else two texts were one subject. */
function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
