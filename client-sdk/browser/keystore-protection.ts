import {
  ARGON2_PARAMETERS,
  deriveArgon2Key,
  passphraseBytes,
  requirePassphrase,
} from "../src/passphrase-key.js";
import { VaultProofError } from "../src/sdk-error.js";
import { SALT_BYTES, type HeaderProtection } from "./keystore-header.js";
import { createPasskey, usePasskey } from "./keystore-passkey.js";
import type { KeystoreProtection, KeystoreUnlock } from "./keystore.js";

/** A key that wraps the master key; not extractable. */
export interface WrappingKey {
  readonly key: CryptoKey;
  /** What makes it again. */
  readonly protection: HeaderProtection;
}

const PBKDF2_ITERATIONS = 1_000_000;
const EMPTY_MODULE = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const WRAPPING: readonly KeyUsage[] = ["wrapKey", "unwrapKey"];

/** Throws VaultProofError `invalid-argument` for what opens nothing; costs nothing. */
export function requireProtection(how: KeystoreProtection): void {
  if ("passkey" in how) {
    const name: unknown = (how.passkey as { userName?: unknown } | undefined)?.userName;
    if (typeof name === "string" && name !== "") return;
    throw new VaultProofError("invalid-argument", "a passkey has a userName, by which people know it again");
  }
  requirePassphrase(how.passphrase, "this browser's data");
}

/** Makes a new wrapping key, with new salts and the dearest derivation that this page may run. */
export async function newWrappingKey(how: KeystoreProtection): Promise<WrappingKey> {
  requireProtection(how);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  if ("passkey" in how) {
    const { credentialId, key } = await createPasskey({ userName: how.passkey.userName, salt });
    return { key, protection: { type: "passkey", salt, credentialId } };
  }
  const protection: HeaderProtection = mayRunWasm()
    ? { type: "argon2id", salt, ...ARGON2_PARAMETERS }
    : { type: "pbkdf2-sha256", salt, iterations: PBKDF2_ITERATIONS };
  return { key: await keyFromPassphrase(how.passphrase, protection), protection };
}

/**
 * Makes the wrapping key that a header speaks of, or another one if the passphrase is another.
 *
 * @throws VaultProofError `invalid-argument` if the keystore is opened by something else, `passkey-unused`,
 *   `keystore-unavailable` where its derivation cannot run.
 */
export async function wrappingKeyOf(protection: HeaderProtection, how: KeystoreUnlock): Promise<CryptoKey> {
  if ("passkey" in how) {
    if (protection.type === "passkey") return usePasskey(protection);
    throw new VaultProofError("invalid-argument", "this keystore is opened with a passphrase");
  }
  if (protection.type === "passkey") {
    throw new VaultProofError("invalid-argument", "this keystore is opened with a passkey");
  }
  if (typeof how.passphrase !== "string") {
    throw new VaultProofError("invalid-argument", "passphrase is a text");
  }
  // The library takes no empty one, and no keystore has one.
  if (how.passphrase === "") throw wrongPassphrase();
  return keyFromPassphrase(how.passphrase, protection);
}

/** One error for a wrong passphrase and for bytes that were changed: which it was, nobody learns. */
export function wrongPassphrase(): VaultProofError {
  return new VaultProofError("wrong-passphrase", "nothing of the keystore was read");
}

async function keyFromPassphrase(
  passphrase: string,
  protection: Exclude<HeaderProtection, { type: "passkey" }>,
): Promise<CryptoKey> {
  if (protection.type === "argon2id") {
    if (mayRunWasm()) {
      return deriveArgon2Key({ passphrase, salt: protection.salt, parameters: protection, usages: WRAPPING });
    }
    throw new VaultProofError(
      "keystore-unavailable",
      "it was made where WebAssembly runs, and this page's policy refuses that: allow 'wasm-unsafe-eval' in script-src",
    );
  }
  const { salt, iterations } = protection;
  const password = passphraseBytes(passphrase);
  try {
    const material = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveKey"]);
    return await crypto.subtle.deriveKey(
      { name: "PBKDF2", hash: "SHA-256", salt, iterations },
      material,
      { name: "AES-GCM", length: 256 },
      false,
      WRAPPING,
    );
  } finally {
    password.fill(0);
  }
}

/** A page's policy without 'wasm-unsafe-eval' refuses to compile even the empty module. */
function mayRunWasm(): boolean {
  try {
    return new WebAssembly.Module(EMPTY_MODULE) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}
