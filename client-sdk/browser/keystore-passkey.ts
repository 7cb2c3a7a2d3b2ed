import { utf8ToBytes } from "@vaultproof/protocol/encoding";
import { VaultProofError } from "../src/sdk-error.js";

const INFO = "vaultproof keystore passkey v1";
const CHALLENGE_BYTES = 32;
const USER_ID_BYTES = 16;
/** COSE: Ed25519, ES256, RS256. Nobody checks the signature; only the PRF's output counts. */
const ALGORITHMS = [-8, -7, -257];

/**
 * Makes a passkey and a key from its PRF (WebAuthn level 3, section 10.1.4).
 *
 * @param options.salt 32 bytes, the PRF's input.
 * @throws VaultProofError `keystore-unavailable` where browser or authenticator have no PRF, `passkey-unused` where the person
 *   or the browser refused.
 */
export async function createPasskey(options: {
  readonly userName: string;
  readonly salt: Uint8Array<ArrayBuffer>;
}): Promise<{ readonly credentialId: Uint8Array<ArrayBuffer>; readonly key: CryptoKey }> {
  const { userName, salt } = options;
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "VaultProof" },
        user: {
          id: crypto.getRandomValues(new Uint8Array(USER_ID_BYTES)),
          name: userName,
          displayName: userName,
        },
        challenge: crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const { prf } = made.getClientExtensionResults();
  if (prf?.enabled !== true) {
    throw new VaultProofError(
      "keystore-unavailable",
      "this browser or authenticator has no PRF extension, without which a passkey encrypts nothing; use a passphrase " +
        "(the passkey that was just made can be removed)",
    );
  }
  const credentialId = new Uint8Array(made.rawId);
  // Some authenticators evaluate only when they are asked again.
  const key =
    prf.results === undefined ? await usePasskey({ credentialId, salt }) : await keyFrom(prf.results.first);
  return { credentialId, key };
}

/** The key of a passkey that was made before. Throws as {@link createPasskey} does. */
export async function usePasskey(options: {
  readonly credentialId: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
}): Promise<CryptoKey> {
  const used = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)),
        allowCredentials: [{ type: "public-key", id: options.credentialId }],
        userVerification: "required",
        extensions: { prf: { eval: { first: options.salt } } },
      },
    }),
  );
  const results = used.getClientExtensionResults().prf?.results;
  if (results !== undefined) return keyFrom(results.first);
  throw new VaultProofError("keystore-unavailable", "the authenticator did not evaluate the passkey's PRF");
}

async function ask(request: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (typeof PublicKeyCredential === "undefined") {
    throw new VaultProofError(
      "keystore-unavailable",
      "this browser has no passkeys (WebAuthn); use a passphrase",
    );
  }
  let credential: Credential | null;
  try {
    credential = await request();
  } catch (cause) {
    // Browsers do not tell apart a person who refused, a time that ran out and a passkey that is not there.
    throw new VaultProofError("passkey-unused", "it was refused, took too long, or is not on this device", {
      cause,
    });
  }
  if (credential instanceof PublicKeyCredential) return credential;
  throw new VaultProofError("passkey-unused", "the browser gave none");
}

async function keyFrom(output: BufferSource): Promise<CryptoKey> {
  const bytes = ArrayBuffer.isView(output)
    ? new Uint8Array(output.buffer, output.byteOffset, output.byteLength)
    : new Uint8Array(output);
  try {
    // Not a copy: what is overwritten below is what the browser was given.
    const material = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
    return await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new Uint8Array(utf8ToBytes(INFO)) },
      material,
      { name: "AES-GCM", length: 256 },
      false,
      ["wrapKey", "unwrapKey"],
    );
  } finally {
    bytes.fill(0);
  }
}
