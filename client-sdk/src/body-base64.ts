/** A multiple of 3, so that the pieces join without padding, and few enough for one call's arguments. */
const PIECE_BYTES = 3 * 8192;

/** Standard base64 of a body of megabytes, by the platform's own encoder. */
export function base64OfBytes(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += PIECE_BYTES) {
    text += btoa(String.fromCharCode(...bytes.subarray(i, i + PIECE_BYTES)));
  }
  return text;
}
