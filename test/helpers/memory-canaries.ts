import { hkdfSync } from "node:crypto";
import { fileURLToPath } from "node:url";

/** Bytes of a canary: more than V8 keeps on its own heap for a typed array. */
const CANARY_BYTES = 96;

/** How the process plants each canary, and under which name the search has to find it; null for one that is wiped. */
export const PLANTS: readonly {
  readonly name: string;
  readonly foundAs: string | null;
  readonly keep: (bytes: Buffer) => unknown;
}[] = [
  { name: "raw", foundAs: "raw bytes", keep: copy },
  { name: "16 bytes of it", foundAs: "raw bytes", keep: (bytes) => copy(bytes.subarray(37, 53)) },
  { name: "UTF-16", foundAs: "raw bytes in UTF-16", keep: (bytes) => wide(bytes.toString("latin1")) },
  { name: "words", foundAs: "words", keep: (bytes) => copy(bytes.subarray(3, 63)).swap32() },
  { name: "hex", foundAs: "hex", keep: (bytes) => flat(bytes.toString("hex")) },
  { name: "16 digits of hex", foundAs: "hex", keep: (bytes) => flat(bytes.toString("hex").slice(51, 67)) },
  { name: "upper", foundAs: "upper-case hex", keep: (bytes) => flat(bytes.toString("hex").toUpperCase()) },
  { name: "hex, UTF-16", foundAs: "hex in UTF-16", keep: (bytes) => wide(bytes.toString("hex")) },
  {
    name: "16 digits of hex, UTF-16",
    foundAs: "hex in UTF-16",
    keep: (bytes) => wide(bytes.toString("hex").slice(51, 67)),
  },
  ...[0, 1, 2].map((offset) => ({
    name: `base64 behind ${offset}`,
    foundAs: "base64",
    keep: (bytes: Buffer) => flat(behind(offset, bytes).toString("base64")),
  })),
  {
    name: "base64url",
    foundAs: "base64url",
    keep: (bytes) => flat(behind(2, bytes).toString("base64url").slice(40, 100)),
  },
  {
    name: "base64, UTF-16",
    foundAs: "base64 in UTF-16",
    keep: (bytes) => wide(behind(1, bytes).toString("base64")),
  },
  { name: "a JavaScript string", foundAs: "raw bytes", keep: (bytes) => flat(bytes.toString("latin1")) },
  { name: "wiped", foundAs: null, keep: (bytes) => void copy(bytes).fill(0) },
];

/** The script that plants them; it prints `planted` and stays. Argument: the seed. */
export const PLANTER = fileURLToPath(new URL("plant-canaries.js", import.meta.url));

/** The bytes of a canary, by its place in {@link PLANTS}: made in both processes, so that none has to be passed on. */
export function canary(seed: string, index: number): ArrayBuffer {
  return hkdfSync("sha256", seed, "", `canary ${index}`, CANARY_BYTES);
}

function copy(bytes: Uint8Array): Buffer {
  const own = Buffer.from(new ArrayBuffer(bytes.length));
  own.set(bytes);
  return own;
}

function wide(text: string): Buffer {
  return copy(Buffer.from(text, "utf16le"));
}

function behind(offset: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(offset, 0x55), bytes]);
}

/** A string whose characters stand in a row: what is put together or cut out is not, until it is used as a key. */
function flat(text: string): string {
  const own = { [text]: true };
  return Object.keys(own)[0] ?? "";
}
