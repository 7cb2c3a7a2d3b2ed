import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** One part of a framed message: bytes as they are, text as UTF-8. Lone surrogates have no UTF-8 and are refused. */
export type Part = Uint8Array | string;

const NUL = new Uint8Array([0]);
const FIELD_DIGEST_BYTES = 31;

/** An unsigned 32-bit integer, big-endian. */
export function uint32be(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * An unsigned 64-bit integer, big-endian: times in Unix seconds and slot versions.
 *
 * @throws RangeError when the value is no integer of 0 to 2^64 - 1; wrapping would give two values the same bytes.
 */
export function uint64be(value: number | bigint): Uint8Array<ArrayBuffer> {
  const integer = BigInt(value);
  if (integer < 0n || integer >= 1n << 64n) throw new RangeError("not an unsigned 64-bit integer");
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, integer);
  return bytes;
}

/** Each part behind its length as uint32be, so that no two lists of parts give the same bytes. */
export function framed(...parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = toBytes(part);
    pieces.push(uint32be(bytes.length), bytes);
  }
  return concatBytes(...pieces);
}

/** SHA-256 over `domain ‖ 0x00 ‖ framed parts`: 32 bytes. */
export function digest(domain: string, ...parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const hash = sha256.create().update(utf8ToBytes(domain)).update(NUL);
  for (const part of parts) {
    const bytes = toBytes(part);
    hash.update(uint32be(bytes.length)).update(bytes);
  }
  // A buffer of its own, so that a digest that is a secret can be overwritten for good.
  const result = new Uint8Array(new ArrayBuffer(hash.outputLen));
  hash.digestInto(result);
  hash.destroy();
  return result;
}

/**
 * The first 31 bytes of {@link digest}, big-endian, as a field element: always below p, so that it needs no
 * reduction and is never ambiguous.
 */
export function bytesToField(domain: string, ...parts: readonly Part[]): bigint {
  return bigEndian(digest(domain, ...parts).subarray(0, FIELD_DIGEST_BYTES));
}

/** Reads big-endian bytes as an integer. */
export function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function toBytes(part: Part): Uint8Array {
  if (typeof part !== "string") return part;
  if (!part.isWellFormed()) throw new RangeError("text with a lone surrogate has no UTF-8");
  return utf8ToBytes(part);
}
