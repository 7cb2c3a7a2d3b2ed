import { createHash, hkdfSync } from "node:crypto";

// A second implementation of the protocol's encodings, written from its text with Node's own tools only. It shares no
// line with @vaultproof/protocol, so that an error in one of them shows as a difference.

export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export type Part = Buffer | string;

export const sha256 = (...pieces: Part[]): Buffer => {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

/** Bytes that look random and are always the same: a stream of SHA-256 over a name and a counter. */
export function seeded(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => sha256(`vector ${name} ${i}`));
  return Buffer.concat(blocks).subarray(0, length);
}

export function be(value: number | bigint, bytes: number): Buffer {
  return Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * bytes, "0"),
    "hex",
  );
}

export const number = (bytes: Buffer): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`);

export const frame = (...parts: Part[]): Buffer =>
  Buffer.concat(parts.flatMap((part) => [be(Buffer.byteLength(part), 4), Buffer.from(part)]));

export const digest = (domain: string, ...parts: Part[]): Buffer => sha256(domain, "\0", frame(...parts));

export const toField = (domain: string, ...parts: Part[]): bigint =>
  number(digest(domain, ...parts).subarray(0, 31));

export const fieldHex = (value: bigint): string => be(value, 32).toString("hex");

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
}

export function hkdf(secret: Buffer, salt: Part, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, length));
}

/** RFC 8785 for values that JSON.parse gives. */
export function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jcs(member)}`).join(",")}}`;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function base62(value: bigint, digits: number): string {
  const places = Array.from({ length: digits }, (_, i) => (value / 62n ** BigInt(digits - 1 - i)) % 62n);
  return places.map((place) => BASE62.charAt(Number(place))).join("");
}

/** `vp_live_` or `vp_test_`, 43 digits, 6 check digits over all before. */
export function developerKeyText(kind: string, secret: Buffer): string {
  const body = `vp_${kind}_${base62(number(secret), 43)}`;
  const check = number(digest("vaultproof developer key check v1", body).subarray(0, 8)) % 62n ** 6n;
  return body + base62(check, 6);
}
