import * as z from "zod/mini";
import { canonicalJson } from "./canonical-json.js";
import { concatBytes, utf8ToBytes } from "./encoding.js";

const key32 = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, "base64url of 32 bytes"));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** `GET /.well-known/vaultproof`: who the server is and what to seal to. Times in Unix seconds. */
export const wellKnownSchema = z.object({
  /** Raw Ed25519 public key of the server's identity. */
  identity: key32,
  /** X25519; share 1 is sealed to it. */
  storageKey: key32,
  /** X25519; share 2 of a call is sealed to one of them. */
  transportKeys: z.array(z.object({ publicKey: key32, notAfter: z.int() })).check(z.minLength(1)),
  /** SHA-256 of the compiled program and of the verification key. */
  circuit: z.object({ program: sha256, verificationKey: sha256 }),
  /** SHA-256 of the reference string's prefix. */
  crs: z.object({ points: z.int(), g1: sha256, g2: sha256 }),
  /** The document is not to be trusted after this. */
  notAfter: z.int(),
  /** base64 of the Ed25519 signature over {@link wellKnownSigningInput} of the rest. */
  signature: z.string(),
});

export type WellKnown = z.infer<typeof wellKnownSchema>;

/** `vaultproof well-known v1 ‖ 0x00 ‖` JCS of the document without its signature, whatever members it has. */
export function wellKnownSigningInput(document: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> {
  const rest: Record<string, unknown> = { ...document };
  delete rest.signature;
  return concatBytes(utf8ToBytes("vaultproof well-known v1"), new Uint8Array([0]), canonicalJson(rest));
}
