/** A search for one secret in what is about to leave; its own copies are wiped by `end`. */
export interface KeySearch {
  /** Names of the spellings in which the secret stands in the text. */
  find(text: string): string[];
  /** Whether the secret is long enough to be told from chance; a shorter one is not looked for. */
  readonly possible: boolean;
  end(): void;
}

interface Needle {
  readonly spelling: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LEAST_BYTES = 8;
const HEX = "0123456789abcdef";
const HEX_UPPER = "0123456789ABCDEF";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Looks for a secret as it is, in hex of either case and in base64 and base64url wherever in a longer text they begin. All
 * of it in bytes: a string could not be wiped.
 */
export function createKeySearch(secret: Uint8Array): KeySearch {
  const possible = secret.length >= LEAST_BYTES;
  const needles: readonly Needle[] = possible
    ? [
        { spelling: "as it is", bytes: copyOf(secret) },
        { spelling: "hex", bytes: hexOf(secret, HEX) },
        { spelling: "hex", bytes: hexOf(secret, HEX_UPPER) },
        ...[0, 1, 2].flatMap((shift) => [
          { spelling: "base64", bytes: base64Of(secret, shift, BASE64) },
          { spelling: "base64url", bytes: base64Of(secret, shift, BASE64URL) },
        ]),
      ]
    : [];
  return {
    possible,
    find: (text) => {
      const bytes = new TextEncoder().encode(text);
      const found = needles.filter((needle) => contains(bytes, needle.bytes));
      return [...new Set(found.map(({ spelling }) => spelling))];
    },
    end: () => {
      for (const { bytes } of needles) bytes.fill(0);
    },
  };
}

function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(new ArrayBuffer(bytes.length));
  own.set(bytes);
  return own;
}

function hexOf(bytes: Uint8Array, digits: string): Uint8Array<ArrayBuffer> {
  const hex = new Uint8Array(new ArrayBuffer(2 * bytes.length));
  bytes.forEach((byte, i) => {
    hex[2 * i] = digits.charCodeAt(byte >> 4);
    hex[2 * i + 1] = digits.charCodeAt(byte & 15);
  });
  return hex;
}

/** The base64 digits that the bytes alone decide when they stand `shift` bytes behind a multiple of three. */
function base64Of(bytes: Uint8Array, shift: number, digits: string): Uint8Array<ArrayBuffer> {
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  const text = new Uint8Array(new ArrayBuffer(last - first));
  for (let digit = first; digit < last; digit++) {
    let value = 0;
    for (let bit = 6 * digit; bit < 6 * digit + 6; bit++) {
      const byte = bytes[(bit >> 3) - shift] ?? 0;
      value = (value << 1) | ((byte >> (7 - (bit & 7))) & 1);
    }
    text[digit - first] = digits.charCodeAt(value);
  }
  return text;
}

function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  for (let at = haystack.indexOf(needle[0] ?? 0); at !== -1; at = haystack.indexOf(needle[0] ?? 0, at + 1)) {
    if (at + needle.length > haystack.length) return false;
    if (needle.every((byte, i) => haystack[at + i] === byte)) return true;
  }
  return false;
}
