import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** Order p of BN254's scalar field, the field that the circuit computes in. */
export const FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Bytes of a field element on the wire before hexadecimal: 32, big-endian. */
export const FIELD_BYTES = 32;

const FIELD_HEX = /^[0-9a-f]{64}$/;

/** An encoding that is not exactly one field element. */
export class FieldEncodingError extends Error {
  override readonly name = "FieldEncodingError";
}

/** Whether `value` is a canonical field element: 0 ≤ value < p. */
export function isFieldElement(value: bigint): boolean {
  return value >= 0n && value < FIELD_MODULUS;
}

/**
 * Writes a field element as 32 bytes, big-endian.
 *
 * @throws FieldEncodingError when the value is negative or ≥ p.
 */
export function fieldToBytes(value: bigint): Uint8Array<ArrayBuffer> {
  return hexToBytes(fieldToHex(value));
}

/** Writes a field element as exactly 64 lowercase hex digits, big-endian. Throws {@link FieldEncodingError} when ≥ p. */
export function fieldToHex(value: bigint): string {
  if (!isFieldElement(value))
    throw new FieldEncodingError("a field element is at least 0 and below the field's order");
  return value.toString(16).padStart(2 * FIELD_BYTES, "0");
}

/**
 * Reads 32 big-endian bytes as a field element. Nothing is reduced: a second encoding of the same element would be
 * a second nullifier for the same proof.
 *
 * @throws FieldEncodingError when the length is not 32 or the value is ≥ p.
 */
export function fieldFromBytes(bytes: Uint8Array): bigint {
  return fieldFromHex(bytesToHex(bytes));
}

/**
 * Reads exactly 64 lowercase hex digits as a field element.
 *
 * @throws FieldEncodingError on `0x`, upper case, another length, or a value ≥ p.
 */
export function fieldFromHex(hex: string): bigint {
  if (!FIELD_HEX.test(hex))
    throw new FieldEncodingError("a field element is written as 64 lowercase hex digits");
  const value = BigInt(`0x${hex}`);
  if (value >= FIELD_MODULUS) throw new FieldEncodingError("a field element is below the field's order");
  return value;
}
