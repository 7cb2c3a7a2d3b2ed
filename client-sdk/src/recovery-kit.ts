import { concatBytes, fromBase64Url, toBase64Url } from "@vaultproof/protocol/encoding";
import { digest, uint32be } from "@vaultproof/protocol/framing";
import {
  ARGON2_PARAMETERS,
  deriveArgon2Key,
  outsideArgon2Bounds,
  requirePassphrase,
  type Argon2Parameters,
} from "./passphrase-key.js";
import { VaultProofError } from "./sdk-error.js";

const PREFIX = "vpk_";
const VERSION = 1;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CHECKSUM_BYTES = 8;
const PARAMETER_BYTES = 9;
const HEAD_BYTES = 1 + PARAMETER_BYTES + SALT_BYTES + IV_BYTES;
/** Characters; some hundred thousand apps fit. */
const MAX_TEXT_CHARS = 64 * 1024 * 1024;

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
  requirePassphrase(passphrase, "the kit");
  const { iterations, memory, parallelism } = ARGON2_PARAMETERS;
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const parameters = [uint32be(iterations), uint32be(memory), new Uint8Array([parallelism])];
  const head = concatBytes(new Uint8Array([VERSION]), ...parameters, salt, iv);
  const key = await deriveArgon2Key({ passphrase, salt, parameters: ARGON2_PARAMETERS, usages: ["encrypt"] });
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
  const key = await deriveArgon2Key({ passphrase, salt, parameters, usages: ["decrypt"] });
  try {
    const algorithm = { name: "AES-GCM", iv, additionalData: head };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext));
  } catch {
    throw wrongPassphrase();
  }
}

function wrongPassphrase(): VaultProofError {
  return new VaultProofError("wrong-passphrase", "nothing of the recovery kit was read");
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
  const outside = outsideArgon2Bounds(given);
  if (outside !== undefined) throw new VaultProofError("kit-invalid", `its ${outside}`);
}

function checksum(body: Uint8Array): Uint8Array {
  return digest("vaultproof recovery kit checksum v1", body).subarray(0, CHECKSUM_BYTES);
}
