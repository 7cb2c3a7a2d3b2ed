import { secretBuffer, wipe } from "../secret-bytes.js";

/** Which bytes a spelling may be made of. Nothing here depends on the key. */
export const ALPHABET = { printable: 1, base64: 2, hex: 4, percent: 8, unicode: 16 } as const;

/** One of them, as a bit. */
export type Alphabet = (typeof ALPHABET)[keyof typeof ALPHABET];

/** For each byte the alphabets that it is in, as bits. */
export const ALPHABETS_OF_BYTE: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (/[!-~]/.test(character) ? ALPHABET.printable : 0) |
    // With what the digits + and / are escaped with.
    (/[A-Za-z0-9+/_%\\-]/.test(character) ? ALPHABET.base64 : 0) |
    (/[0-9A-Fa-f]/.test(character) ? ALPHABET.hex : 0) |
    (/[0-9A-Fa-f%]/.test(character) ? ALPHABET.percent : 0) |
    (/[0-9A-Fa-fu\\]/.test(character) ? ALPHABET.unicode : 0)
  );
});

/** The longest spelling writes `\u00XX` for each byte. */
const LONGEST_ESCAPE = 6;
const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const STANDARD = codes(`${LETTERS_AND_DIGITS}+/`);
const URL_SAFE = codes(`${LETTERS_AND_DIGITS}-_`);
/** Base64's values from here on are no letters or digits. */
const FIRST_MARK = 62;
const HEX_CASES = [codes("0123456789abcdef"), codes("0123456789ABCDEF")] as const;

type Escape = "hex" | "percent" | "backslash" | "unicode" | "json";

/** A way to escape: bytes that are `escaped` are written so, the others as they are. */
interface Escaping {
  readonly escape: Escape;
  readonly escaped: ReadonlySet<number>;
  readonly alphabet: Alphabet;
}

/** How software escapes what it prints. Each is tried with lower and upper hexadecimal digits where it has any. */
const ESCAPINGS: readonly Escaping[] = [
  { escape: "hex", escaped: allBut(""), alphabet: ALPHABET.hex },
  { escape: "percent", escaped: allBut(""), alphabet: ALPHABET.percent },
  // Encoders keep: letters and digits; RFC 3986's unreserved; encodeURIComponent; HTML forms; a path segment of RFC
  // 3986; encodeURI.
  ...["", "-._~", "-._~!*'()", "*-._", "-._~!$&'()*+,;=:@", "-._~!*'();/?:@&=+$,#"].map((marks) => ({
    escape: "percent" as const,
    escaped: allBut(LETTERS_AND_DIGITS + marks),
    alphabet: ALPHABET.printable,
  })),
  { escape: "unicode", escaped: allBut(""), alphabet: ALPHABET.unicode },
  { escape: "unicode", escaped: allBut(LETTERS_AND_DIGITS), alphabet: ALPHABET.printable },
  // JSON as everybody writes it; with / (PHP); safe in HTML (Go); with ' and = besides (Gson).
  ...['"\\', '"\\/', '"\\<>&', "\"\\<>&'="].map((marks) => ({
    escape: "json" as const,
    escaped: only(marks),
    alphabet: ALPHABET.printable,
  })),
];
/** What may become of base64's two marks inside JSON and URLs. */
const BASE64_ESCAPINGS: readonly Escaping[] = [
  { escape: "json", escaped: only("/"), alphabet: ALPHABET.base64 },
  { escape: "percent", escaped: only("+/"), alphabet: ALPHABET.base64 },
];
const BACKSLASH_ESCAPED = only('"\\/');
const PREFIXES = { hex: codes(""), percent: codes("%"), backslash: codes("\\"), unicode: codes("\\u00") };

/**
 * Spells a key in every way that software commonly spells one in an answer: as it is; base64 and base64url wherever in
 * a longer text they begin (the digits that the key alone decides); hexadecimal; percent-encoded; escaped as in JSON.
 * Some spellings may come twice. None becomes a string, and no byte of one is left behind.
 *
 * @param key 1 to 4,096 bytes; the caller's to wipe.
 * @param use takes one spelling: the first `length` bytes of `bytes` behind `offset`. They are overwritten afterwards.
 * @param offset room that is left in front, for the caller.
 */
export function spellKey(
  key: Uint8Array,
  use: (bytes: Uint8Array<ArrayBuffer>, length: number, alphabet: Alphabet) => void,
  offset: number,
): void {
  const bytes = secretBuffer(offset + LONGEST_ESCAPE * key.length);
  const digits = secretBuffer(2 * key.length + 2);
  try {
    bytes.set(key, offset);
    use(bytes, key.length, ALPHABET.printable);
    for (const escaping of ESCAPINGS) spellEscaped(key, { escaping, bytes, offset, use });
    for (const alignment of [0, 1, 2]) {
      const { length, hasMarks } = writeBase64(key, { alignment, alphabet: STANDARD, digits });
      const standard = digits.subarray(0, length);
      bytes.set(standard, offset);
      use(bytes, length, ALPHABET.base64);
      if (!hasMarks) continue;
      for (const escaping of BASE64_ESCAPINGS) spellEscaped(standard, { escaping, bytes, offset, use });
      writeBase64(key, { alignment, alphabet: URL_SAFE, digits: bytes.subarray(offset) });
      use(bytes, length, ALPHABET.base64);
    }
  } finally {
    wipe(bytes, digits);
  }
}

function spellEscaped(
  text: Uint8Array,
  about: {
    readonly escaping: Escaping;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly offset: number;
    readonly use: Parameters<typeof spellKey>[1];
  },
): void {
  const { escaping, bytes, offset, use } = about;
  const { escape, escaped, alphabet } = escaping;
  if (!text.some((byte) => escaped.has(byte))) return;
  for (const hex of HEX_CASES) {
    let at = offset;
    for (const byte of text) {
      if (!escaped.has(byte)) {
        bytes[at++] = byte;
        continue;
      }
      const how = escape === "json" ? (BACKSLASH_ESCAPED.has(byte) ? "backslash" : "unicode") : escape;
      for (const code of PREFIXES[how]) bytes[at++] = code;
      if (how === "backslash") bytes[at++] = byte;
      else {
        bytes[at++] = hex[byte >> 4] ?? 0;
        bytes[at++] = hex[byte & 15] ?? 0;
      }
    }
    use(bytes, at - offset, alphabet);
  }
}

/** Writes the digits that the key alone decides when it stands `alignment` bytes behind a multiple of three. */
function writeBase64(
  key: Uint8Array,
  about: { readonly alignment: number; readonly alphabet: Uint8Array; readonly digits: Uint8Array },
): { length: number; hasMarks: boolean } {
  const { alignment, alphabet, digits } = about;
  const first = Math.ceil((8 * alignment) / 6);
  const end = Math.floor((8 * (alignment + key.length)) / 6);
  let hasMarks = false;
  for (let digit = first; digit < end; digit++) {
    const bit = 6 * digit - 8 * alignment;
    const pair = ((key[bit >> 3] ?? 0) << 8) | (key[(bit >> 3) + 1] ?? 0);
    const value = (pair >> (10 - (bit & 7))) & 63;
    hasMarks ||= value >= FIRST_MARK;
    digits[digit - first] = alphabet[value] ?? 0;
  }
  return { length: end - first, hasMarks };
}

function allBut(kept: string): ReadonlySet<number> {
  const bytes = codes(kept);
  return new Set(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !bytes.includes(byte)));
}

function only(characters: string): ReadonlySet<number> {
  return new Set(codes(characters));
}

function codes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
