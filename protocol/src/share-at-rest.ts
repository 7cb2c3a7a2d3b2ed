import { concatBytes, utf8ToBytes } from "./encoding.js";
import { deriveKey, type DeveloperKey } from "./developer-key.js";

/** Layout: `version (1) ‖ salt (32) ‖ iv (12) ‖ ciphertext ‖ tag (16)`; additional data: what the bytes belong to. */
const VERSION = 1;
const SALT_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + SALT_BYTES + IV_BYTES;

/** Bytes that do not open: another developer key, another slot, or damaged. */
export class ShareAtRestError extends Error {
  override readonly name = "ShareAtRestError";
}

/**
 * Encrypts share 2 for the device: AES-256-GCM under HKDF-SHA256(developer key, salt, info
 * `vaultproof share2 at rest v1`), bound to its slot id.
 */
export function sealShareAtRest(
  key: DeveloperKey,
  slotId: string,
  share2: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return sealAtRest(key, { info: SHARE2_INFO, aad: slotId }, share2);
}

/** Opens what {@link sealShareAtRest} made. Throws {@link ShareAtRestError}. */
export function openShareAtRest(
  key: DeveloperKey,
  slotId: string,
  sealed: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return openAtRest(key, { info: SHARE2_INFO, aad: slotId }, sealed);
}

/** What encrypted bytes are for: a key of their own (info) and what they belong to (aad). */
export interface AtRestPurpose {
  readonly info: string;
  readonly aad: string;
}

/** The same construction for other state of the device, under its own info. */
export async function sealAtRest(
  key: DeveloperKey,
  purpose: AtRestPurpose,
  plaintext: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const aesKey = await importKey(key, salt, purpose.info);
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: utf8ToBytes(purpose.aad) as Uint8Array<ArrayBuffer> },
    aesKey,
    // Not a copy, which nobody could overwrite.
    plaintext as Uint8Array<ArrayBuffer>,
  );
  return concatBytes(new Uint8Array([VERSION]), salt, iv, new Uint8Array(ciphertext));
}

/** Opens what {@link sealAtRest} made. Throws {@link ShareAtRestError}. */
export async function openAtRest(
  key: DeveloperKey,
  purpose: AtRestPurpose,
  sealed: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== VERSION)
    throw new ShareAtRestError("unknown layout");
  const salt = sealed.slice(1, 1 + SALT_BYTES);
  const iv = sealed.slice(1 + SALT_BYTES, HEAD_BYTES);
  const aesKey = await importKey(key, salt, purpose.info);
  try {
    const additionalData = utf8ToBytes(purpose.aad) as Uint8Array<ArrayBuffer>;
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, aesKey, sealed.slice(HEAD_BYTES)),
    );
  } catch {
    throw new ShareAtRestError("encrypted under another developer key, or damaged");
  }
}

const SHARE2_INFO = "vaultproof share2 at rest v1";

async function importKey(key: DeveloperKey, salt: Uint8Array, info: string): Promise<CryptoKey> {
  const raw = deriveKey(key, { salt, info, length: 32 });
  try {
    return await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  } finally {
    raw.fill(0);
  }
}
