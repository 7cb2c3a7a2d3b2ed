import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { argon2id } from "hash-wasm";
import * as z from "zod";
import { CliError } from "../errors.js";

/** Bytes of the key that every secret on this device is encrypted under. */
export const MASTER_KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 16;
/** RFC 9106, second recommendation, but for one lane: WASM has one thread. */
const ARGON2 = { memoryKiB: 65_536, iterations: 3, parallelism: 1 } as const;
/** A file that asks for more was not made here, and would only stop the machine. */
const MOST_MEMORY_KIB = 1_048_576;
const MOST_ITERATIONS = 64;

/** How the master key is kept: by the system's keyring, or in this file under a passphrase. */
export const protectionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ format: z.literal(1), kind: z.literal("keyring"), account: z.string() }),
  z.strictObject({
    format: z.literal(1),
    kind: z.literal("passphrase"),
    argon2id: z.strictObject({
      salt: z.string(),
      memoryKiB: z.number().int().min(8).max(MOST_MEMORY_KIB),
      iterations: z.number().int().min(1).max(MOST_ITERATIONS),
      parallelism: z.number().int().min(1).max(16),
    }),
    /** base64 of `iv (12) ‖ AES-256-GCM of the master key ‖ tag (16)`. */
    wrapped: z.string(),
  }),
]);

export type Protection = z.infer<typeof protectionSchema>;
type PassphraseProtection = Extract<Protection, { kind: "passphrase" }>;

/**
 * Wraps a master key under a passphrase.
 *
 * @param cost what guessing costs; less of it is for whoever does this a hundred times, such as tests.
 */
export async function wrapMasterKey(
  masterKey: Uint8Array,
  passphrase: Uint8Array,
  cost: Omit<PassphraseProtection["argon2id"], "salt"> = ARGON2,
): Promise<PassphraseProtection> {
  const parameters = { salt: randomBytes(SALT_BYTES).toString("base64"), ...cost };
  const key = await deriveWrappingKey(passphrase, parameters);
  try {
    const wrapped = encrypt(key, WRAP_CONTEXT, masterKey).toString("base64");
    return { format: 1, kind: "passphrase", argon2id: parameters, wrapped };
  } finally {
    key.fill(0);
  }
}

/** @throws CliError `secrets-locked` for another passphrase. */
export async function unwrapMasterKey(
  protection: PassphraseProtection,
  passphrase: Uint8Array,
): Promise<Uint8Array> {
  const key = await deriveWrappingKey(passphrase, protection.argon2id);
  try {
    return decrypt(key, WRAP_CONTEXT, Buffer.from(protection.wrapped, "base64"));
  } catch (cause) {
    throw new CliError("secrets-locked", "this is not the passphrase of the secrets on this device", {
      cause,
    });
  } finally {
    key.fill(0);
  }
}

const WRAP_CONTEXT = "vaultproof cli master key v1";

async function deriveWrappingKey(
  passphrase: Uint8Array,
  parameters: PassphraseProtection["argon2id"],
): Promise<Uint8Array> {
  return argon2id({
    password: passphrase,
    salt: Buffer.from(parameters.salt, "base64"),
    memorySize: parameters.memoryKiB,
    iterations: parameters.iterations,
    parallelism: parameters.parallelism,
    hashLength: MASTER_KEY_BYTES,
    outputType: "binary",
  });
}

/** `iv (12) ‖ ciphertext ‖ tag (16)` of AES-256-GCM, bound to `context`. */
export function encrypt(key: Uint8Array, context: string, plain: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what {@link encrypt} made. Throws where key, context or bytes are others. */
export function decrypt(key: Uint8Array, context: string, sealed: Uint8Array): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new RangeError("too short");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
