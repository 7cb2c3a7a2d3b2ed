import { equalBytes } from "@noble/curves/utils.js";
import { digest } from "./framing.js";

/** Provider keys are 1 to 4,096 bytes. */
export const MAX_KEY_BYTES = 4096;
const VERSION = 1;
const HEAD_BYTES = 3;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const FIRST_KEY_BYTE = 0x21;
const LAST_KEY_BYTE = 0x7e;

/** Whose key it is and where it may go; changing either makes a rebuild fail. */
export interface RecordBinding {
  /** UUID v4, lowercase. */
  readonly slotId: string;
  /** Raw Ed25519 public key of the developer, 32 bytes. */
  readonly developerPublicKey: Uint8Array;
  /** {@link destinationDigest}, 32 bytes. */
  readonly destination: Uint8Array;
}

/** Two shares of equal length; each alone is uniformly random. */
export interface KeyShares {
  readonly share1: Uint8Array<ArrayBuffer>;
  readonly share2: Uint8Array<ArrayBuffer>;
}

/** A key that cannot be stored, or shares that do not rebuild one. The message never holds a byte of either. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

/** Length in bytes of the record, and so of each share, for a key of `keyLength` bytes. */
export function recordLength(keyLength: number): number {
  return Math.ceil((HEAD_BYTES + keyLength) / BLOCK_BYTES) * BLOCK_BYTES + DIGEST_BYTES;
}

/** Whether a share can have this many bytes. */
export function isShareLength(length: number): boolean {
  return (
    length >= recordLength(1) &&
    length <= recordLength(MAX_KEY_BYTES) &&
    length % BLOCK_BYTES === DIGEST_BYTES
  );
}

/**
 * Splits a provider key into share 1 (for the server) and share 2 (for the device).
 *
 * Record layout: `version (1) ‖ key length (uint16be) ‖ key ‖ zero padding to a multiple of 64 ‖
 * digest("vaultproof record v1", slot id, developer public key, destination, all before)`;
 * share 2 is random, share 1 = record XOR share 2.
 *
 * @param key 1 to 4,096 bytes, each 0x21 to 0x7E; the caller's to wipe.
 * @param fillRandom a cryptographic source that fills the given bytes before it returns.
 * @throws RecordError when the key's length or bytes are out of range, or the source filled nothing.
 */
export function splitKey(
  key: Uint8Array,
  binding: RecordBinding,
  fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void,
): KeyShares {
  assertKey(key);
  const share1 = writeRecord(key, binding);
  const share2 = new Uint8Array(new ArrayBuffer(share1.length));
  fillRandom(share2);
  // A source that fills later, or not at all, would leave the key in clear in share 1.
  if (share2.every((byte) => byte === 0)) {
    share1.fill(0);
    throw new RecordError("the random source filled nothing");
  }
  xorInto(share1, share2);
  return { share1, share2 };
}

/**
 * Rebuilds the record **in place in share 1's buffer** and returns a view of the key inside it, so that the key
 * exists once. The caller wipes both buffers, also when this throws.
 *
 * @throws RecordError when the shares do not belong together, to this owner, slot or destination.
 */
export function rebuildKey(share1: Uint8Array, share2: Uint8Array, binding: RecordBinding): Uint8Array {
  if (share1.length !== share2.length || !isShareLength(share1.length))
    throw new RecordError("wrong share length");
  xorInto(share1, share2);
  const body = share1.subarray(0, share1.length - DIGEST_BYTES);
  const sealed = share1.subarray(body.length);
  // Constant time: an early exit would tell a caller how far a guessed share was right.
  const expected = recordDigest(body, binding);
  const isEqual = equalBytes(expected, sealed);
  // A part of the record like any other.
  expected.fill(0);
  if (!isEqual) throw new RecordError("the shares do not match");
  return readKey(body);
}

/**
 * Changes a share **in place** by a mask; the other share changed by the same mask rebuilds the same record.
 *
 * @throws RecordError when the mask has not the share's length.
 */
export function maskShare(share: Uint8Array, mask: Uint8Array): void {
  if (share.length !== mask.length) throw new RecordError("wrong mask length");
  xorInto(share, mask);
}

function writeRecord(key: Uint8Array, binding: RecordBinding): Uint8Array<ArrayBuffer> {
  // A buffer of its own: V8 copies small typed arrays on first native use, and the copy is never wiped.
  const record = new Uint8Array(new ArrayBuffer(recordLength(key.length)));
  record[0] = VERSION;
  new DataView(record.buffer).setUint16(1, key.length);
  record.set(key, HEAD_BYTES);
  const body = record.subarray(0, record.length - DIGEST_BYTES);
  record.set(recordDigest(body, binding), body.length);
  return record;
}

function readKey(body: Uint8Array): Uint8Array {
  const length = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint16(1);
  const key = body.subarray(HEAD_BYTES, HEAD_BYTES + length);
  const padded = recordLength(length) - DIGEST_BYTES === body.length;
  if (body[0] !== VERSION || !padded || body.subarray(HEAD_BYTES + length).some((byte) => byte !== 0)) {
    throw new RecordError("unknown record layout");
  }
  assertKey(key);
  return key;
}

function recordDigest(body: Uint8Array, binding: RecordBinding): Uint8Array {
  return digest(
    "vaultproof record v1",
    binding.slotId,
    binding.developerPublicKey,
    binding.destination,
    body,
  );
}

function assertKey(key: Uint8Array): void {
  if (key.length < 1 || key.length > MAX_KEY_BYTES)
    throw new RecordError(`a key has 1 to ${MAX_KEY_BYTES} bytes`);
  if (key.some((byte) => byte < FIRST_KEY_BYTE || byte > LAST_KEY_BYTE)) {
    throw new RecordError("a key holds printable ASCII without spaces only");
  }
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) ^ (mask[i] ?? 0);
}
