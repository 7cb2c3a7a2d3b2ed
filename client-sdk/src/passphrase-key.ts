import { utf8ToBytes } from "@vaultproof/protocol/encoding";
import { LIMITS } from "@vaultproof/protocol/limits";
import { VaultProofError } from "./sdk-error.js";

/** What Argon2id is to spend. */
export interface Argon2Parameters {
  readonly iterations: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
}

/** RFC 9106 section 4, the second recommended option: for where 2 GiB are too much to ask. */
export const ARGON2_PARAMETERS: Argon2Parameters = { iterations: 3, memory: 64 * 1024, parallelism: 4 };
/** What stored bytes may ask of the device that reads them: judged before any memory is taken. */
const LEAST: Argon2Parameters = { iterations: 1, memory: 8 * 1024, parallelism: 1 };
const MOST: Argon2Parameters = { iterations: 10, memory: 256 * 1024, parallelism: 16 };

const KEY_BYTES = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Which of the parameters asks for too much or too little, in words; undefined if none does. */
export function outsideArgon2Bounds(given: Argon2Parameters): string | undefined {
  for (const name of ["iterations", "memory", "parallelism"] as const) {
    if (given[name] >= LEAST[name] && given[name] <= MOST[name]) continue;
    return `${name} is not from ${LEAST[name]} to ${MOST[name]}`;
  }
  return undefined;
}

/**
 * Whoever has the bytes can try passphrases for as long as he likes: length is what there is against it.
 *
 * @param what it protects, for the message.
 * @throws VaultProofError `invalid-argument` for a passphrase of fewer than 12 characters.
 */
export function requirePassphrase(passphrase: unknown, what: string): asserts passphrase is string {
  const isLong =
    typeof passphrase === "string" &&
    Array.from(passphrase.normalize("NFKC")).length >= LIMITS.minPassphraseChars;
  // Half a character has no UTF-8, and another device would not write the same in its place.
  if (isLong && !LONE_SURROGATE.test(passphrase)) return;
  throw new VaultProofError(
    "invalid-argument",
    `passphrase has ${LIMITS.minPassphraseChars} characters at least: whoever has ${what} can try passphrases without being ` +
      "seen; five words chosen by dice are good",
  );
}

/** A passphrase as bytes, the same on every device: UTF-8 after NFKC; the caller's to wipe. */
export function passphraseBytes(passphrase: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(utf8ToBytes(passphrase.normalize("NFKC")));
}

/** An AES-256-GCM key, not extractable, from Argon2id (RFC 9106) of a passphrase, which is not empty. */
export async function deriveArgon2Key(options: {
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly parameters: Argon2Parameters;
  readonly usages: readonly KeyUsage[];
}): Promise<CryptoKey> {
  // Loaded when something is to be opened or sealed under a passphrase: most clients never do.
  const { argon2id } = await import("./argon2.js");
  const { iterations, memory, parallelism } = options.parameters;
  const password = passphraseBytes(options.passphrase);
  let raw: Uint8Array<ArrayBuffer> | undefined;
  try {
    const derived = await argon2id({
      ...{ password, salt: options.salt, iterations, parallelism, memorySize: memory },
      ...{ hashLength: KEY_BYTES, outputType: "binary" },
    });
    raw = new Uint8Array(derived);
    derived.fill(0);
    return await crypto.subtle.importKey("raw", raw, "AES-GCM", false, options.usages);
  } finally {
    password.fill(0);
    raw?.fill(0);
  }
}
