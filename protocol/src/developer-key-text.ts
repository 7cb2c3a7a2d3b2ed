import { bigEndian, digest } from "./framing.js";
import { redacted } from "./redacted.js";

/** `live` keys insist on a pinned server identity, `test` keys trust the first one they see. */
export type DeveloperKeyKind = "live" | "test";

/** A developer key whose text is not one. Never holds the text. */
export class DeveloperKeyError extends Error {
  override readonly name = "DeveloperKeyError";
}

/** A parsed developer key: 32 secret bytes and what they are for. */
export interface DeveloperKey {
  readonly kind: DeveloperKeyKind;
  readonly secret: Uint8Array<ArrayBuffer>;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_BYTES = 32;
/** ⌈256 / log2 62⌉ digits hold 32 bytes. */
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;
const KEY = /^vp_(live|test)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/**
 * Writes a developer key: `vp_live_` or `vp_test_`, 43 base62 digits of the secret (big-endian), 6 base62 check digits
 * taken from a digest of all before, so that a mistyped key is told from an unknown one.
 *
 * @param secret 32 random bytes.
 */
export function formatDeveloperKey(kind: DeveloperKeyKind, secret: Uint8Array): string {
  if (secret.length !== SECRET_BYTES) throw new DeveloperKeyError("a developer key is made of 32 bytes");
  const body = `vp_${kind}_${toBase62(bigEndian(secret), SECRET_DIGITS)}`;
  return body + checkDigits(body);
}

/** Reads a developer key; the result prints redacted. Throws {@link DeveloperKeyError} when the form or the check digits are wrong. */
export function parseDeveloperKey(text: string): DeveloperKey {
  const match = KEY.exec(text);
  if (match === null)
    throw new DeveloperKeyError("a developer key begins with vp_live_ or vp_test_ and has 57 characters");
  const [, kind = "", digits = "", check = ""] = match;
  if (checkDigits(text.slice(0, -CHECK_DIGITS)) !== check) {
    throw new DeveloperKeyError("the developer key's check digits do not match: it was mistyped or cut");
  }
  return redacted({ kind: kind as DeveloperKeyKind, secret: secretFromDigits(digits) }, `[vp_${kind}_ key]`);
}

function checkDigits(body: string): string {
  const value = bigEndian(digest("vaultproof developer key check v1", body).subarray(0, 8));
  return toBase62(value % 62n ** BigInt(CHECK_DIGITS), CHECK_DIGITS);
}

function toBase62(value: bigint, digits: number): string {
  let text = "";
  for (let rest = value; text.length < digits; rest /= 62n)
    text = (ALPHABET[Number(rest % 62n)] ?? "") + text;
  return text;
}

function secretFromDigits(digits: string): Uint8Array<ArrayBuffer> {
  let value = 0n;
  for (const digit of digits) value = value * 62n + BigInt(ALPHABET.indexOf(digit));
  if (value >= 1n << 256n) throw new DeveloperKeyError("the developer key is out of range");
  const secret = new Uint8Array(new ArrayBuffer(SECRET_BYTES));
  for (let i = SECRET_BYTES - 1; i >= 0; i--, value >>= 8n) secret[i] = Number(value & 0xffn);
  return secret;
}
