/** Bytes that a key may have (protocol, "Keys and secrets"). */
const MAX_KEY_BYTES = 4096;
const FIRST_BYTE = 0x21;
const LAST_BYTE = 0x7e;

/**
 * The key that somebody typed or pasted, as bytes of its own, without white space around it. The text itself is a string for
 * as long as this function runs and nothing refers to it afterwards; whoever asked overwrites the bytes.
 */
export function peekKey(input: HTMLInputElement): Uint8Array<ArrayBuffer> {
  const encoded = new Uint8Array(new ArrayBuffer(3 * input.value.length));
  const { written } = new TextEncoder().encodeInto(input.value, encoded);
  let [start, end] = [0, written];
  while (start < end && isSpace(encoded[start])) start++;
  while (end > start && isSpace(encoded[end - 1])) end--;
  const key = new Uint8Array(new ArrayBuffer(end - start));
  key.set(encoded.subarray(start, end));
  encoded.fill(0);
  return key;
}

/** As {@link peekKey}, and empties the input at once. */
export function takeKey(input: HTMLInputElement): Uint8Array<ArrayBuffer> {
  const key = peekKey(input);
  input.value = "";
  return key;
}

/** Why these bytes can be nobody's key; undefined where they can. */
export function keyProblem(key: Uint8Array): string | undefined {
  if (key.length === 0) return "Paste the key here.";
  if (key.length > MAX_KEY_BYTES)
    return `A key has at most ${MAX_KEY_BYTES} characters; this has ${key.length}.`;
  const fits = key.every((byte) => byte >= FIRST_BYTE && byte <= LAST_BYTE);
  return fits ? undefined : "A key has no spaces and only letters, digits and signs of ASCII.";
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
