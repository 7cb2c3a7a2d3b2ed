/** How a secret is spelt where it is found. */
export type Spelling = "as it is" | "hex" | "base64" | "base64url";

/** A search for one secret in what is about to leave; its own copies are wiped by `end`. */
export interface KeySearch {
  /** The spellings in which the secret stands in the text. */
  find(text: string): Spelling[];
  /** Whether the secret is long enough to be told from chance; a shorter one is not looked for. */
  readonly possible: boolean;
  end(): void;
}

interface Needle {
  readonly spelling: Spelling;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LEAST_BYTES = 8;
const HEX = "0123456789abcdef";
const HEX_UPPER = "0123456789ABCDEF";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** A text is read as it is and, where nothing is found so, with what may be mixed made one: cases of hex, alphabets of base64. */
const READINGS: readonly { readonly read: (text: string) => string; readonly of: readonly Spelling[] }[] = [
  { read: (text) => text, of: ["as it is", "hex", "base64", "base64url"] },
  { read: (text) => text.toLowerCase(), of: ["hex"] },
  { read: (text) => text.replaceAll("-", "+").replaceAll("_", "/"), of: ["base64"] },
];

/**
 * Looks for a secret as it is, in hex of any case and in base64 and base64url wherever in a longer text they begin. The
 * secret is in bytes all the while: a string could not be wiped.
 */
export function createKeySearch(secret: Uint8Array): KeySearch {
  const possible = secret.length >= LEAST_BYTES;
  const needles: readonly Needle[] = possible
    ? [
        { spelling: "as it is", bytes: copyOf(secret) },
        { spelling: "hex", bytes: hexOf(secret, HEX) },
        { spelling: "hex", bytes: hexOf(secret, HEX_UPPER) },
        ...[0, 1, 2].flatMap((shift): Needle[] => [
          { spelling: "base64", bytes: base64Of(secret, shift, BASE64) },
          { spelling: "base64url", bytes: base64Of(secret, shift, BASE64URL) },
        ]),
      ]
    : [];
  return {
    possible,
    find: (text) => {
      for (const { read, of } of READINGS) {
        const bytes = new TextEncoder().encode(read(text));
        const found = needles.filter(
          (needle) => of.includes(needle.spelling) && contains(bytes, needle.bytes),
        );
        if (found.length > 0) return [...new Set(found.map(({ spelling }) => spelling))];
      }
      return [];
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

/** The base64 digits of whole groups that the bytes alone decide when they stand `shift` bytes behind a multiple of three. */
function base64Of(bytes: Uint8Array, shift: number, digits: string): Uint8Array<ArrayBuffer> {
  const first = Math.ceil((shift * 8) / 6);
  const last = 4 * Math.floor((shift + bytes.length) / 3);
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
