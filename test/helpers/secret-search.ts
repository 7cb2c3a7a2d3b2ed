/** Something that must be found nowhere: at least 16 bytes, too random to occur by chance. */
export interface Secret {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Says where the secrets are in some bytes. */
export type SecretSearch = (bytes: Uint8Array) => string[];

interface Needle {
  readonly label: string;
  readonly bytes: Buffer;
}

const MIN_BYTES = 16;
const HALVED_FROM = 32;

/**
 * Prepares a search for secrets in every spelling that software gives bytes: raw, hexadecimal in both cases, base64
 * and base64url wherever in a longer text they begin, as numbers, and all of these in UTF-16 too. Each secret is
 * looked for by its halves, so that one that a page or a chunk boundary cuts is found as well.
 */
export function createSecretSearch(secrets: readonly Secret[]): SecretSearch {
  const needles = secrets.flatMap(needlesOf);
  // One pass over the bytes whatever the number of needles: two bytes choose whether four are worth a look-up.
  const pairs = new Uint8Array(0x10000);
  const heads = new Map<number, Needle[]>();
  for (const needle of needles) {
    const head = needle.bytes.readUInt32BE(0);
    pairs[head >>> 16] = 1;
    heads.set(head, [...(heads.get(head) ?? []), needle]);
  }
  return (haystack) => {
    const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
    const found = new Set<string>();
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      if (pairs[pair] !== 1) continue;
      for (const { label, bytes: needle } of heads.get(bytes.readUInt32BE(at)) ?? []) {
        if (bytes.subarray(at, at + needle.length).equals(needle)) found.add(label);
      }
    }
    return [...found];
  };
}

function needlesOf({ name, bytes }: Secret): Needle[] {
  if (bytes.length < MIN_BYTES) throw new RangeError(`${name} is too short to be told from chance`);
  const whole = Buffer.from(bytes);
  const middle = Math.floor(whole.length / 2);
  const parts = whole.length < HALVED_FROM ? [whole] : [whole.subarray(0, middle), whole.subarray(middle)];
  const needles = new Map<string, Needle>();
  const number = ["a decimal number", Buffer.from(BigInt(`0x${whole.toString("hex")}`).toString())] as const;
  for (const spellings of [[number], ...parts.map(spellingsOf)]) {
    for (const [spelling, spelt] of spellings) {
      for (const [width, bytes] of widthsOf(spelt)) {
        needles.set(bytes.toString("latin1"), { label: `${name} in ${spelling}${width}`, bytes });
      }
    }
  }
  return [...needles.values()];
}

function spellingsOf(bytes: Buffer): (readonly [string, Buffer])[] {
  const hex = bytes.toString("hex");
  return [
    ["raw bytes", bytes],
    ["hex", Buffer.from(hex)],
    ["upper-case hex", Buffer.from(hex.toUpperCase())],
    ["a list of numbers", Buffer.from([...bytes].join(","))],
    ["a list of numbers with spaces", Buffer.from([...bytes].join(", "))],
    ...[0, 1, 2].flatMap((offset) => [
      ["base64", base64Inside(bytes, offset, "base64")] as const,
      ["base64url", base64Inside(bytes, offset, "base64url")] as const,
    ]),
  ];
}

/** The digits that the bytes alone decide when they stand `offset` bytes behind a multiple of three. */
function base64Inside(bytes: Buffer, offset: number, alphabet: "base64" | "base64url"): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet);
  const first = Math.ceil((offset * 8) / 6);
  return Buffer.from(text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6)));
}

function widthsOf(bytes: Buffer): (readonly [string, Buffer])[] {
  const little = Buffer.from(bytes.toString("latin1"), "utf16le");
  // Starting one byte in: big-endian text begins with a zero, of which files are full.
  const big = Buffer.from(little).swap16().subarray(1);
  return [
    ["", bytes],
    [", UTF-16LE", little],
    [", UTF-16BE", big],
  ];
}
