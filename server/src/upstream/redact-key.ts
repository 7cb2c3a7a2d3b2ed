import { hash, randomBytes } from "node:crypto";
import { secretBuffer, wipe } from "../secret-bytes.js";
import { ALPHABETS_OF_BYTE, spellKey, type Alphabet } from "./key-spellings.js";

/** Finds a key in an answer without having it. */
export interface KeyRedaction {
  /**
   * Overwrites every spelling of the key in `bytes` with `[redacted]`, cut or filled with `*` to the same length.
   *
   * @param bytes what came so far and was not settled yet.
   * @param isEnd whether nothing follows.
   * @returns how many bytes are settled; the rest may be the beginning of a spelling and is to be given again,
   *   with what follows it.
   * @throws RedactionError
   */
  redact(bytes: Uint8Array, isEnd: boolean): number;
}

/** An answer made of beginnings of the key, which would take too long to search. */
export class RedactionError extends Error {
  override readonly name = "RedactionError";
}

/** One spelling of the key, as it is remembered. */
interface Trace {
  /** Keyed hash of its first bytes. */
  readonly anchor: number;
  /** 16 bits over some more of them: spares everything else where an answer only begins alike, as escapes do. */
  readonly head: number;
  readonly length: number;
  readonly alphabet: Alphabet;
  /** 16 bits over the whole of it: spares the digest. */
  readonly check: number;
  /** SHA-256 of salt and spelling. */
  readonly digest: Buffer;
  /** Another that shares its place in the table. */
  readonly next: Trace | undefined;
}

/** Shorter spellings are not looked for: they occur by chance, and so short a key is no secret. */
const MIN_BYTES = 8;
/** How many bytes of a spelling are looked for first. Of the key, this much could be worked out from what is kept. */
const ANCHOR_BYTES = 4;
/** How many bytes a spelling's head has: four bytes of a key that is written as `\u00XX` throughout. */
const HEAD_BYTES = 24;
/** 16 KiB a call: few enough to stay in a processor's cache, enough that hardly any byte is taken for an anchor. */
const TABLE_BITS = 14;
const TABLE_SHIFT = 32 - TABLE_BITS;
const SALT_BYTES = 32;
const NOTHING_OPEN: ReadonlyMap<Trace, number> = new Map();
const MARK = Buffer.from("[redacted]");
const FILLER = 0x2a;
/** Bytes that may be looked at in vain: some, and so many for each byte that came. Only hostile answers reach it. */
const FREE_CHECKS = 1 << 20;
const CHECKS_PER_BYTE = 128;

/**
 * Remembers a key by traces of its spellings: for each a salted SHA-256, and a keyed hash of its first
 * {@link ANCHOR_BYTES} bytes. Answers are searched for the anchors in one pass; what begins like a spelling is replaced
 * if its digest is the spelling's, so nothing else ever is. Salt and hash keys are new for each call.
 *
 * @param key not kept; the caller may overwrite it when this returns.
 */
export function createKeyRedaction(key: Uint8Array): KeyRedaction {
  const random = randomBytes(SALT_BYTES + 8);
  const salt = random.subarray(0, SALT_BYTES);
  const multiplier = random.readInt32LE(SALT_BYTES) | 1;
  const seed = random.readInt32LE(SALT_BYTES + 4);
  const { table, traces, beginnings } = traceKey(key, { salt, multiplier, seed });
  const places = { table, multiplier };
  const hashing = { salt, seed };
  let allowance = FREE_CHECKS;
  /** Bytes that were not settled and come again, and how many of them each trace is known to go on over. */
  let withheld = 0;
  let goesOn = NOTHING_OPEN;
  const spend = (bytes: number): void => {
    allowance -= bytes;
    if (allowance < 0) throw new RedactionError("an answer full of beginnings of the key");
  };

  /** Length of the spelling that begins at `start`; 0 for none, -1 if that depends on what follows. */
  const spellingAt = (bytes: Uint8Array, start: number, isEnd: boolean): number => {
    const anchor = Math.imul(gramAt(bytes, start, ANCHOR_BYTES), multiplier);
    // Made where it is needed: nearly every anchor turns out to be nothing.
    let open: Map<Trace, number> | undefined;
    const headAt = headsAt(bytes, start, seed);
    let trace = traces[(table[anchor >>> TABLE_SHIFT] ?? 0) - 1];
    for (; trace !== undefined; trace = trace.next) {
      if (trace.anchor !== anchor) continue;
      const end = Math.min(start + trace.length, bytes.length);
      const headLength = Math.min(HEAD_BYTES, trace.length);
      if (end - start >= headLength && headAt(headLength) !== trace.head) continue;
      const known = start === 0 ? (goesOn.get(trace) ?? 0) : 0;
      const within = known + countWithin(trace.alphabet, bytes, start + known, end);
      spend(within - known);
      if (within < end - start) continue;
      if (within < trace.length) {
        (open ??= new Map<Trace, number>()).set(trace, within);
        continue;
      }
      spend(trace.length);
      if (isSpelling(trace, bytes.subarray(start, end), hashing)) return trace.length;
    }
    if (open === undefined || isEnd) return 0;
    goesOn = open;
    return -1;
  };

  const search = (bytes: Uint8Array, isEnd: boolean): number => {
    let settled = 0;
    let start = nextAnchor(bytes, 0, places);
    while (start >= 0) {
      const length = spellingAt(bytes, start, isEnd);
      if (length < 0) return start;
      if (length > 0) {
        settled = start + length;
        bytes.fill(FILLER, start, settled);
        bytes.set(MARK.subarray(0, length), start);
      }
      start = nextAnchor(bytes, Math.max(start + 1, settled), places);
    }
    return isEnd ? bytes.length : bytes.length - openTail(bytes, settled, { beginnings, multiplier });
  };

  return {
    redact(bytes, isEnd) {
      allowance += CHECKS_PER_BYTE * (bytes.length - withheld);
      const before = goesOn;
      const settled = search(bytes, isEnd);
      withheld = bytes.length - settled;
      if (goesOn === before) goesOn = NOTHING_OPEN;
      return settled;
    },
  };
}

/** The hash keys of one call. */
interface Hashing {
  readonly salt: Uint8Array;
  readonly multiplier: number;
  readonly seed: number;
}

/** Where to look for what: `table` holds for each place the number of its first trace, 0 for none. */
interface KeyTraces {
  readonly table: Uint8Array;
  readonly traces: readonly Trace[];
  /** Of anchors: their first 1 to 3 bytes. */
  readonly beginnings: ReadonlySet<number>;
}

function traceKey(key: Uint8Array, { salt, multiplier, seed }: Hashing): KeyTraces {
  const table = new Uint8Array(1 << TABLE_BITS);
  const traces: Trace[] = [];
  const beginnings = new Set<number>();
  const use: Parameters<typeof spellKey>[1] = (bytes, length, alphabet) => {
    if (length < MIN_BYTES) return;
    bytes.set(salt);
    const digest = hash("sha256", bytes.subarray(0, SALT_BYTES + length), "buffer");
    if (traces.some((trace) => trace.digest.equals(digest))) return;
    // No byte of a spelling is zero, so that beginnings of different lengths differ.
    for (let i = 1; i < ANCHOR_BYTES; i++)
      beginnings.add(Math.imul(gramAt(bytes, SALT_BYTES, i), multiplier));
    const anchor = Math.imul(gramAt(bytes, SALT_BYTES, ANCHOR_BYTES), multiplier);
    const place = anchor >>> TABLE_SHIFT;
    const headEnd = SALT_BYTES + Math.min(HEAD_BYTES, length);
    const head = checkOf(bytes, { start: SALT_BYTES, end: headEnd, seed });
    const check = checkOf(bytes, { start: SALT_BYTES, end: SALT_BYTES + length, seed });
    const next = traces[(table[place] ?? 0) - 1];
    table[place] = traces.push({ anchor, head, length, alphabet, check, digest, next });
  };
  spellKey(key, use, SALT_BYTES);
  return { table, traces, beginnings };
}

/**
 * Where the next bytes are that may be an anchor, from `from` on; -1 for nowhere. Every byte of every answer goes
 * through this loop.
 */
function nextAnchor(
  bytes: Uint8Array,
  from: number,
  { table, multiplier }: { readonly table: Uint8Array; readonly multiplier: number },
): number {
  const end = bytes.length;
  const first = from + ANCHOR_BYTES - 1;
  let gram = first < end ? gramAt(bytes, from, ANCHOR_BYTES - 1) : 0;
  for (let i = first; i < end; i++) {
    gram = (gram << 8) | (bytes[i] ?? 0);
    if (table[Math.imul(gram, multiplier) >>> TABLE_SHIFT] !== 0) return i - ANCHOR_BYTES + 1;
  }
  return -1;
}

/** At most 4 bytes as a number. */
function gramAt(bytes: Uint8Array, start: number, length: number): number {
  let gram = 0;
  for (let i = start; i < start + length; i++) gram = (gram << 8) | (bytes[i] ?? 0);
  return gram;
}

/** How many bytes at the end are the beginning of an anchor. */
function openTail(
  bytes: Uint8Array,
  settled: number,
  { beginnings, multiplier }: { readonly beginnings: ReadonlySet<number>; readonly multiplier: number },
): number {
  for (let length = Math.min(ANCHOR_BYTES - 1, bytes.length - settled); length > 0; length--) {
    const gram = gramAt(bytes, bytes.length - length, length);
    if (beginnings.has(Math.imul(gram, multiplier))) return length;
  }
  return 0;
}

/** The keyed hash of so many bytes from `start` on; asked for the same length again, it is not worked out again. */
function headsAt(bytes: Uint8Array, start: number, seed: number): (length: number) => number {
  let known = 0;
  let head = 0;
  return (length) => {
    if (length !== known) head = checkOf(bytes, { start, end: start + length, seed });
    known = length;
    return head;
  };
}

/** How many bytes in a row a spelling could be made of. */
function countWithin(alphabet: Alphabet, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((ALPHABETS_OF_BYTE[bytes[at] ?? 0] ?? 0) & alphabet) !== 0) at++;
  return at - start;
}

/** Digests a copy, which is overwritten: it may be the key. */
function isSpelling(
  { check, digest }: Trace,
  bytes: Uint8Array,
  { salt, seed }: Pick<Hashing, "salt" | "seed">,
): boolean {
  if (checkOf(bytes, { start: 0, end: bytes.length, seed }) !== check) return false;
  const salted = secretBuffer(SALT_BYTES + bytes.length);
  salted.set(salt);
  salted.set(bytes, SALT_BYTES);
  const isSame = hash("sha256", salted, "buffer").equals(digest);
  wipe(salted);
  return isSame;
}

/** Not linear in the bytes, so that the few bits that are kept cannot be solved for them. */
function checkOf(
  bytes: Uint8Array,
  { start, end, seed }: { readonly start: number; readonly end: number; readonly seed: number },
): number {
  let state = seed;
  for (let i = start; i < end; i++) {
    state = Math.imul(state ^ (bytes[i] ?? 0), 0x5bd1e995);
    state ^= state >>> 15;
  }
  return state & 0xffff;
}
