import * as z from "zod/mini";
import { outsideArgon2Bounds } from "../src/passphrase-key.js";
import { VaultProofError } from "../src/sdk-error.js";

const FORMAT = 1;
export const SALT_BYTES = 32;
export const IV_BYTES = 12;

/** Fewer let passphrases be guessed too fast; more would hold the page up for a minute. */
const PBKDF2_LEAST_ITERATIONS = 600_000;
const PBKDF2_MOST_ITERATIONS = 10_000_000;

const bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array);
const ofLength = (bytesOf: number) => bytes.check(z.refine(({ length }) => length === bytesOf));
const salt = ofLength(SALT_BYTES);
const sealed = z.strictObject({ iv: ofLength(IV_BYTES), ciphertext: bytes });
const count = z.int().check(z.positive());

const protectionSchema = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("argon2id"),
      ...{ salt, iterations: count, memory: count, parallelism: count },
    })
    .check(z.refine((given) => outsideArgon2Bounds(given) === undefined)),
  z.strictObject({
    type: z.literal("pbkdf2-sha256"),
    salt,
    iterations: count.check(z.minimum(PBKDF2_LEAST_ITERATIONS), z.maximum(PBKDF2_MOST_ITERATIONS)),
  }),
  z.strictObject({ type: z.literal("passkey"), salt, credentialId: bytes }),
]);

/**
 * The one record of a keystore that says how it is opened. What is encrypted is so by AES-256-GCM: the master key under a key
 * from the passphrase or the passkey, the developer key under the master key.
 */
const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Minutes without use after which it locks itself; left out until somebody chose. */
  autoLockMinutes: z.optional(z.number().check(z.minimum(0))),
  /** Of this keystore; another one under the same name has another. */
  id: z.uuid(),
  /** Another with each change of what opens it. */
  revision: z.uuid(),
  protection: protectionSchema,
  masterKey: sealed,
  /** One byte for the kind (0 test, 1 live), then the 32 bytes. */
  developerKey: sealed,
});

export type KeystoreHeader = z.infer<typeof headerSchema>;
/** What opens a keystore, as its header says it; memory in KiB. */
export type HeaderProtection = KeystoreHeader["protection"];
export type Sealed = z.infer<typeof sealed>;

/**
 * Judges what was found in the database.
 *
 * @throws VaultProofError `state-damaged`
 */
export function readHeader(found: unknown): KeystoreHeader | undefined {
  if (found === undefined) return undefined;
  const { success, data } = headerSchema.safeParse(found);
  if (success) return data;
  const format = z.object({ format: z.number().check(z.minimum(FORMAT + 1)) }).safeParse(found);
  throw new VaultProofError(
    "state-damaged",
    format.success
      ? "the keystore was written by a later version of the SDK"
      : "the keystore's header is not one; restore from a recovery kit into a keystore that was deleted",
  );
}
