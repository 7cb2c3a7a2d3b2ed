import { concatBytes, fromBase64Url, toBase64Url, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { digest, uint32be } from "@vaultproof/protocol/framing";
import { VaultProofError } from "./sdk-error.js";

const PREFIX = "vpk_";
const VERSION = 1;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CHECKSUM_BYTES = 8;
const KEY_BYTES = 32;
const PARAMETER_BYTES = 9;
const HEAD_BYTES = 1 + PARAMETER_BYTES + SALT_BYTES + IV_BYTES;
/** Characters; some hundred thousand apps fit. */
const MAX_TEXT_CHARS = 64 * 1024 * 1024;
const MIN_PASSPHRASE_CHARS = 12;
const LONE_SURROGATE = /\p{Surrogate}/u;

interface Argon2Parameters {
  readonly iterations: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
}

/** RFC 9106 section 4, the second recommended option: for where 2 GiB are too much to ask. */
const PARAMETERS: Argon2Parameters = { iterations: 3, memory: 64 * 1024, parallelism: 4 };
/** What a kit may ask of the device that reads it: judged before any memory is taken. */
const LEAST: Argon2Parameters = { iterations: 1, memory: 8 * 1024, parallelism: 1 };
const MOST: Argon2Parameters = { iterations: 10, memory: 256 * 1024, parallelism: 16 };

/**
 * Encrypts a kit's content under a passphrase.
 *
 * Layout: `vpk_` + base64url of `version (1) ‖ iterations (uint32be) ‖ memory in KiB (uint32be) ‖ parallelism (1) ‖ salt (16) ‖
 * iv (12) ‖ ciphertext ‖ tag (16) ‖ checksum (8)`: AES-256-GCM under Argon2id (RFC 9106) of the passphrase in UTF-8 after
 * NFKC; additional data: all that stands before the ciphertext. The checksum is the start of a digest of all before it,
 * against cut or mistyped copies; it needs no passphrase and tells nothing about it.
 *
 * @param content the caller's to wipe.
 * @throws VaultProofError `invalid-argument` for a passphrase of fewer than 12 characters.
 */
export async function sealRecoveryKit(content: Uint8Array, passphrase: string): Promise<string> {
  requirePassphrase(passphrase);
  const { iterations, memory, parallelism } = PARAMETERS;
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const parameters = [uint32be(iterations), uint32be(memory), new Uint8Array([parallelism])];
  const head = concatBytes(new Uint8Array([VERSION]), ...parameters, salt, iv);
  const key = await deriveKey(passphrase, salt, PARAMETERS);
  const plain = new Uint8Array(content);
  try {
    const algorithm = { name: "AES-GCM", iv, additionalData: new Uint8Array(head) };
    const body = concatBytes(head, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain)));
    return PREFIX + toBase64Url(concatBytes(body, checksum(body)));
  } finally {
    plain.fill(0);
  }
}

/**
 * Opens what {@link sealRecoveryKit} made.
 *
 * @returns the content, for the caller to wipe.
 * @throws VaultProofError `kit-invalid` for text that is no whole kit, or asks for more work than this SDK does for one;
 *   `wrong-passphrase`.
 */
export async function openRecoveryKit(text: string, passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof passphrase !== "string") throw new VaultProofError("invalid-argument", "passphrase is a text");
  const { head, parameters, salt, iv, ciphertext } = readKit(text);
  // The library takes no empty one, and no kit has one.
  if (passphrase === "") throw wrongPassphrase();
  const key = await deriveKey(passphrase, salt, parameters);
  try {
    const algorithm = { name: "AES-GCM", iv, additionalData: head };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext));
  } catch {
    throw wrongPassphrase();
  }
}

function wrongPassphrase(): VaultProofError {
  return new VaultProofError("wrong-passphrase", "nothing of the kit was read");
}

function readKit(text: string) {
  const bytes = decodeKit(text);
  const body = bytes.slice(0, -CHECKSUM_BYTES);
  if (!checksum(body).every((byte, i) => byte === bytes[body.length + i])) {
    throw new VaultProofError("kit-invalid", "its checksum does not match: it was cut or mistyped");
  }
  if (body[0] !== VERSION)
    throw new VaultProofError("kit-invalid", "it was made by a later version of the SDK");
  const view = new DataView(body.buffer);
  const parameters = {
    iterations: view.getUint32(1),
    memory: view.getUint32(5),
    parallelism: view.getUint8(9),
  };
  requireBounds(parameters);
  const saltAt = 1 + PARAMETER_BYTES;
  return {
    head: body.slice(0, HEAD_BYTES),
    parameters,
    salt: body.slice(saltAt, saltAt + SALT_BYTES),
    iv: body.slice(saltAt + SALT_BYTES, HEAD_BYTES),
    ciphertext: body.slice(HEAD_BYTES),
  };
}

function decodeKit(text: unknown): Uint8Array<ArrayBuffer> {
  const trimmed = typeof text === "string" && text.length <= MAX_TEXT_CHARS ? text.trim() : "";
  if (!trimmed.startsWith(PREFIX))
    throw new VaultProofError("kit-invalid", "a recovery kit begins with vpk_");
  try {
    const bytes = fromBase64Url(trimmed.slice(PREFIX.length));
    if (bytes.length >= HEAD_BYTES + TAG_BYTES + CHECKSUM_BYTES) return bytes;
  } catch {
    throw new VaultProofError("kit-invalid", "it is not base64url");
  }
  throw new VaultProofError("kit-invalid", "it was cut");
}

function requireBounds(given: Argon2Parameters): void {
  for (const name of ["iterations", "memory", "parallelism"] as const) {
    if (given[name] >= LEAST[name] && given[name] <= MOST[name]) continue;
    throw new VaultProofError("kit-invalid", `its ${name} is not from ${LEAST[name]} to ${MOST[name]}`);
  }
}

/** Whoever has the kit can try passphrases for as long as he likes: length is what there is against it. */
function requirePassphrase(passphrase: unknown): void {
  const isLong =
    typeof passphrase === "string" && Array.from(passphrase.normalize("NFKC")).length >= MIN_PASSPHRASE_CHARS;
  // Half a character has no UTF-8, and another device would not write the same in its place.
  if (isLong && !LONE_SURROGATE.test(passphrase)) return;
  throw new VaultProofError(
    "invalid-argument",
    `passphrase has ${MIN_PASSPHRASE_CHARS} characters at least: whoever has the kit can try passphrases without being ` +
      "seen; five words chosen by dice are good",
  );
}

async function deriveKey(passphrase: string, salt: Uint8Array, asked: Argon2Parameters): Promise<CryptoKey> {
  // Loaded when a kit is made or read: most clients never do.
  const { argon2id } = await import("hash-wasm");
  const { iterations, memory, parallelism } = asked;
  const password = utf8ToBytes(passphrase.normalize("NFKC"));
  let raw: Uint8Array | undefined;
  try {
    raw = await argon2id({
      ...{ password, salt, iterations, parallelism, memorySize: memory },
      ...{ hashLength: KEY_BYTES, outputType: "binary" },
    });
    return await crypto.subtle.importKey("raw", new Uint8Array(raw), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
  } finally {
    password.fill(0);
    raw?.fill(0);
  }
}

function checksum(body: Uint8Array): Uint8Array {
  return digest("vaultproof recovery kit checksum v1", body).subarray(0, CHECKSUM_BYTES);
}
