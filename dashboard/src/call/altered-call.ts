import { bytesToHex } from "@vaultproof/protocol/encoding";

/** Bytes of a proof, and of the field elements that it is made of. */
const PROOF_BYTES = 6_464;
const WORD_BYTES = 32;
/** The first byte of p, the order of the field, is 0x30: any word that begins with less is an element. */
const TOP_BYTE_BELOW = 0x30;

/** The same call, with another path. The proof in it was made over the first. */
export function withPath(body: string, targetPath: string): string {
  return JSON.stringify({ ...(JSON.parse(body) as Record<string, unknown>), targetPath });
}

/** Path of a call. */
export function pathOf(body: string): string {
  return String((JSON.parse(body) as { targetPath?: unknown }).targetPath);
}

/** A path that is another one than this, and harmless where it should ever arrive. */
export function anotherPath(path: string): string {
  return path === "/v1/files" ? "/v1/models" : "/v1/files";
}

/**
 * A prover that makes nothing up but bytes: of the right length, each word an element of the field, so that nothing
 * short of the verification itself can tell it from a proof.
 */
export const FORGER = {
  prove(): Promise<{ readonly proof: Uint8Array }> {
    const proof = crypto.getRandomValues(new Uint8Array(PROOF_BYTES));
    for (let i = 0; i < PROOF_BYTES; i += WORD_BYTES) proof[i] = (proof[i] ?? 0) % TOP_BYTE_BELOW;
    return Promise.resolve({ proof });
  },
  close: (): Promise<void> => Promise.resolve(),
} as const;

/** The proof of a call in hex, for showing its beginning. */
export function proofOf(body: string): string {
  return String((JSON.parse(body) as { zkProof?: unknown }).zkProof);
}

const LONGEST_HEX = 64;
const SHOWN_DIGITS = 16;

/** JSON for people: indented, long hex and base64 cut in the middle with its true length in place of the rest. */
export function readableBody(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  const shorten = (_name: string, member: unknown): unknown =>
    typeof member === "string" && member.length > LONGEST_HEX + 2 * SHOWN_DIGITS && /^[\w+/=-]+$/.test(member)
      ? `${member.slice(0, SHOWN_DIGITS)}…(${member.length} characters)…${member.slice(-SHOWN_DIGITS)}`
      : member;
  return JSON.stringify(value, shorten, 2);
}

/** Random text in hex, for keys and names that are made up. */
export function randomHex(bytes: number): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(bytes)));
}
