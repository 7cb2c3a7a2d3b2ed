import type { Secret } from "./secret-search.js";

/** What of the secrets lies in some bytes: `<name> as <spelling>`, each once. */
export type WindowSearch = (bytes: Uint8Array) => string[];

interface Needle {
  readonly label: string;
  readonly bytes: Buffer;
  /** How many of its bytes in a row count as found. */
  readonly window: number;
}

/** The least of a spelling that counts as found. */
const WINDOW_BYTES = 16;
/**
 * For hexadecimal in UTF-16, of which 16 bytes are the 8 digits of 4 bytes: memory is full of other hexadecimal, and a long
 * secret has so many of them that some meet their like by chance.
 */
export const LONGEST_WINDOW_BYTES = 32;
/** Any {@link WINDOW_BYTES} in a row hold a block of this many that begins at a multiple of it. */
const BLOCK_BYTES = 8;
const FILTER_BITS = 24;
const MAX_NEEDLE_BYTES = 1 << 16;

/**
 * Prepares a search of memory for any 16 bytes in a row of any spelling of the secrets: raw, as SHA-256 reads it into
 * words, hexadecimal in both cases, base64 and base64url in all three alignments, and each of these as UTF-16 too (of
 * hexadecimal in UTF-16 any 16 digits in a row).
 *
 * Only every eighth position is looked at: whatever holds 16 bytes of a spelling holds 8 of them at such a position, and
 * from there the match is followed both ways. So the time hardly depends on how many secrets there are.
 *
 * @param secrets random throughout: bytes that anybody could guess would be found everywhere.
 */
export function createWindowSearch(secrets: readonly Secret[]): WindowSearch {
  const needles = secrets.flatMap(needlesOf);
  const filter = new Uint8Array(1 << (FILTER_BITS - 3));
  const blocks = new Map<number, number[]>();
  for (const [index, { bytes }] of needles.entries()) {
    for (let at = 0; at + BLOCK_BYTES <= bytes.length; at++) {
      const [low, high] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      const bit = filterBit(low, high);
      filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
      const places = blocks.get(blockKey(low, high));
      if (places === undefined) blocks.set(blockKey(low, high), [index * MAX_NEEDLE_BYTES + at]);
      else places.push(index * MAX_NEEDLE_BYTES + at);
    }
  }
  return (haystack) => {
    const found = new Set<string>();
    const bytes = aligned(haystack);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    for (let i = 0; i + 1 < words.length; i += 2) {
      const [low, high] = [words[i] ?? 0, words[i + 1] ?? 0];
      if ((low | high) === 0) continue;
      const bit = filterBit(low, high);
      if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      for (const place of blocks.get(blockKey(low, high)) ?? []) {
        const needle = needles[Math.floor(place / MAX_NEEDLE_BYTES)];
        if (needle !== undefined && matches(bytes, i * 4, needle, place % MAX_NEEDLE_BYTES))
          found.add(needle.label);
      }
    }
    return [...found];
  };
}

function filterBit(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> (32 - FILTER_BITS);
}

/** 53 of the 64 bits: whoever meets another block by them is told apart by the bytes themselves. */
function blockKey(low: number, high: number): number {
  return (high & 0x1fffff) * 0x1_0000_0000 + low;
}

/** Whether the bytes around `at` and the needle's around `inNeedle` are the same for a whole window. */
function matches(
  bytes: Uint8Array,
  at: number,
  { bytes: needle, window }: Needle,
  inNeedle: number,
): boolean {
  const reach = (step: 1 | -1, from: number): number => {
    let count = 0;
    while (count < window && bytes[at + from + step * count] === needle[inNeedle + from + step * count]) {
      if (needle[inNeedle + from + step * count] === undefined) break;
      count++;
    }
    return count;
  };
  return reach(-1, -1) + reach(1, 0) >= window;
}

/** The same bytes where they can be read as words. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

function needlesOf({ name, bytes }: Secret): Needle[] {
  if (bytes.length < WINDOW_BYTES) throw new RangeError(`${name} is too short to be told from chance`);
  const seen = new Set<string>();
  return [...spellingsOf(Buffer.from(bytes))].flatMap(([spelling, spelt]) => {
    if (seen.has(spelt.toString("latin1"))) return [];
    seen.add(spelt.toString("latin1"));
    const wide = Buffer.from(spelt.toString("latin1"), "utf16le");
    if (wide.length >= MAX_NEEDLE_BYTES) throw new RangeError(`${name} is too long`);
    return [
      { label: `${name} as ${spelling}`, bytes: spelt, window: WINDOW_BYTES },
      {
        label: `${name} as ${spelling} in UTF-16`,
        bytes: wide,
        window: spelling.endsWith("hex") ? LONGEST_WINDOW_BYTES : WINDOW_BYTES,
      },
    ];
  });
}

function* spellingsOf(bytes: Buffer): Generator<readonly [string, Buffer]> {
  yield ["raw bytes", bytes];
  for (const start of [0, 1, 2, 3]) {
    const whole = bytes.subarray(start, start + 4 * Math.floor((bytes.length - start) / 4));
    if (whole.length >= WINDOW_BYTES) yield ["words", Buffer.from(whole).swap32()];
  }
  yield ["hex", Buffer.from(bytes.toString("hex"))];
  yield ["upper-case hex", Buffer.from(bytes.toString("hex").toUpperCase())];
  for (const alphabet of ["base64", "base64url"] as const) {
    for (const offset of [0, 1, 2]) yield [alphabet, base64Inside(bytes, offset, alphabet)];
  }
}

/** The digits that the bytes alone decide when they stand `offset` bytes behind a multiple of three. */
function base64Inside(bytes: Buffer, offset: number, alphabet: "base64" | "base64url"): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet);
  const first = Math.ceil((offset * 8) / 6);
  return Buffer.from(text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6)));
}
