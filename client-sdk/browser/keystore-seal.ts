import { toBase64Url, utf8ToBytes } from "@vaultproof/protocol/encoding";
import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { redacted } from "@vaultproof/protocol/redacted";
import { IV_BYTES, type HeaderProtection, type KeystoreHeader, type Sealed } from "./keystore-header.js";
import { newWrappingKey, wrappingKeyOf, wrongPassphrase } from "./keystore-protection.js";
import type { KeystoreProtection, KeystoreUnlock } from "./keystore.js";

const KINDS = ["test", "live"] as const;
const AES = { name: "AES-GCM", length: 256 } as const;

/** The members of a header that say how it is opened. */
type WrappedMaster = Pick<KeystoreHeader, "format" | "revision" | "protection" | "masterKey">;

/** Puts a developer key under a new master key, and that under what the developer chose. */
export async function sealKeystore(key: DeveloperKey, how: KeystoreProtection): Promise<KeystoreHeader> {
  const id = crypto.randomUUID();
  // Extractable only for as long as it takes to wrap it: its bytes are never this program's.
  const master = await crypto.subtle.generateKey(AES, true, ["encrypt", "decrypt"]);
  const plain = new Uint8Array(1 + key.secret.length);
  plain[0] = KINDS.indexOf(key.kind);
  plain.set(key.secret, 1);
  try {
    const iv = newIv();
    const algorithm = { name: "AES-GCM", iv, additionalData: developerKeyContext(id) };
    const ciphertext = new Uint8Array(await crypto.subtle.encrypt(algorithm, master, plain));
    return { id, developerKey: { iv, ciphertext }, ...(await wrapMaster(master, id, how)) };
  } finally {
    plain.fill(0);
  }
}

/**
 * Opens a header.
 *
 * @returns the key, its bytes for the caller to wipe.
 * @throws VaultProofError `wrong-passphrase`, also for what was changed; and as {@link wrappingKeyOf}.
 */
export async function openKeystoreHeader(header: KeystoreHeader, how: KeystoreUnlock): Promise<DeveloperKey> {
  const master = await unwrapMaster(header, how, { extractable: false });
  const { iv, ciphertext } = header.developerKey;
  let plain: Uint8Array<ArrayBuffer> | undefined;
  try {
    const algorithm = { name: "AES-GCM", iv, additionalData: developerKeyContext(header.id) };
    plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, master, ciphertext));
    const kind = KINDS[plain[0] ?? KINDS.length];
    if (kind === undefined) throw wrongPassphrase();
    return redacted({ kind, secret: plain.slice(1) }, `[vp_${kind}_ key]`);
  } catch {
    throw wrongPassphrase();
  } finally {
    plain?.fill(0);
  }
}

/** The members of the same keystore under something else. Throws as {@link openKeystoreHeader}. */
export async function resealKeystore(
  header: KeystoreHeader,
  current: KeystoreUnlock,
  next: KeystoreProtection,
): Promise<WrappedMaster> {
  const master = await unwrapMaster(header, current, { extractable: true });
  return wrapMaster(master, header.id, next);
}

async function wrapMaster(master: CryptoKey, id: string, how: KeystoreProtection): Promise<WrappedMaster> {
  const { key, protection } = await newWrappingKey(how);
  const iv = newIv();
  const algorithm = { name: "AES-GCM", iv, additionalData: masterKeyContext(id, protection) };
  const ciphertext = new Uint8Array(await crypto.subtle.wrapKey("raw", master, key, algorithm));
  return { format: 1, revision: crypto.randomUUID(), protection, masterKey: { iv, ciphertext } };
}

async function unwrapMaster(
  { id, protection, masterKey }: KeystoreHeader,
  how: KeystoreUnlock,
  { extractable }: { readonly extractable: boolean },
): Promise<CryptoKey> {
  const key = await wrappingKeyOf(protection, how);
  try {
    return await unwrap(key, masterKey, { id, protection, extractable });
  } catch {
    throw wrongPassphrase();
  }
}

function unwrap(
  key: CryptoKey,
  { iv, ciphertext }: Sealed,
  about: { readonly id: string; readonly protection: HeaderProtection; readonly extractable: boolean },
): Promise<CryptoKey> {
  const additionalData = masterKeyContext(about.id, about.protection);
  const algorithm = { name: "AES-GCM", iv, additionalData };
  return crypto.subtle.unwrapKey("raw", ciphertext, key, algorithm, AES, about.extractable, [
    "encrypt",
    "decrypt",
  ]);
}

/** Everything that says how it is opened is bound to what is opened. */
function masterKeyContext(id: string, protection: HeaderProtection): Uint8Array<ArrayBuffer> {
  const members = Object.entries(protection)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]: [string, unknown]): unknown[] => [
      name,
      value instanceof Uint8Array ? toBase64Url(value) : value,
    ]);
  return new Uint8Array(utf8ToBytes(JSON.stringify(["vaultproof keystore master key v1", id, members])));
}

function developerKeyContext(id: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(utf8ToBytes(JSON.stringify(["vaultproof keystore developer key v1", id])));
}

function newIv(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES));
}
