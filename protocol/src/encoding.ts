import { hexToBytes } from "@noble/hashes/utils.js";
import { base64 as scureBase64, base64urlnopad } from "@scure/base";

export { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const HEX = /^[0-9a-f]*$/;

/** Text that is not the one accepted spelling of its bytes. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return scureBase64.encode(bytes);
}

/** Reads standard base64, padded and canonical. Throws {@link EncodingError}. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return decode(() => scureBase64.decode(text), "base64");
}

/** base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/** Reads base64url without padding, canonical. Throws {@link EncodingError}. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return decode(() => base64urlnopad.decode(text), "base64url");
}

/** Reads lowercase hexadecimal. Throws {@link EncodingError}; upper case is refused, not normalised. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || !HEX.test(text)) throw new EncodingError("not lowercase hexadecimal");
  return hexToBytes(text);
}

function decode(read: () => Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  try {
    return read() as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    // The cause's text can hold the input, which may be a share.
    throw new EncodingError(`not canonical ${name}`, {
      cause: cause instanceof Error ? cause.name : undefined,
    });
  }
}
