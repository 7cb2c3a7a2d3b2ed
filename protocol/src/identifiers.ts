/** Apps are named by 1 to 128 of these characters. */
export const APP_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** A key slot's id: UUID v4, lowercase. */
export const KEY_SLOT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Fingerprint of an Ed25519 key: base64url of 32 bytes. */
export const FINGERPRINT = /^[A-Za-z0-9_-]{43}$/;
/** Names a key of a developer's backend; the `kid` of the tokens that it signs. */
export const KEY_VERSION = /^[A-Za-z0-9._-]{1,64}$/;
/** Whom a developer's backend speaks for: 1 to 256 code points, no control characters, well-formed. */
export const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
/** Methods that a call may use, upper case. */
export const CALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type CallMethod = (typeof CALL_METHODS)[number];
