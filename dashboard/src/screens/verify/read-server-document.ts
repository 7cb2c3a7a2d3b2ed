import { VaultProofError } from "@vaultproof/sdk/browser";
import { ask, readObject, type Answer } from "../../call/answer.js";

/** What the server shows of itself, and what checking it here gave. */
export interface ShownDocument {
  /** For people. */
  readonly document: string;
  /** base64url SHA-256 of the public key in it. */
  readonly fingerprint: string;
  /** Whether the signature in it is by that key, over the rest of it. */
  readonly isSigned: boolean;
}

const WELL_KNOWN = "/.well-known/vaultproof";

/** What is signed begins with this and a zero byte; behind it stands the rest of the document in its canonical form. */
const SIGNED_BEGINNING = "vaultproof well-known v1\0";

/**
 * Fetches the document and checks it here, apart from the SDK's own check.
 *
 * @throws TypeError where there is no answer; VaultProofError `document-invalid` for one that is no such document.
 */
export async function readServerDocument(): Promise<ShownDocument> {
  const answer = await ask(WELL_KNOWN);
  const { identity, signature, ...rest } = readDocument(answer);
  const [{ canonicalJson }, { verifyEd25519 }, { keyFingerprint }, encoding] = await loadChecks();
  const publicKey = bytesOf(identity, encoding.fromBase64Url);
  const signed = encoding.concatBytes(
    encoding.utf8ToBytes(SIGNED_BEGINNING),
    canonicalJson({ identity, ...rest }),
  );
  return {
    document: JSON.stringify({ identity, ...rest, signature }, null, 2),
    fingerprint: keyFingerprint(publicKey),
    isSigned: verifyEd25519(publicKey, signed, bytesOf(signature, encoding.fromBase64)),
  };
}

/** Needed on this screen alone. */
function loadChecks() {
  return Promise.all([
    import("@vaultproof/protocol/canonical-json"),
    import("@vaultproof/protocol/developer-key"),
    import("@vaultproof/protocol/developer-signature"),
    import("@vaultproof/protocol/encoding"),
  ]);
}

/** A key or a signature that cannot be read is one that does not hold. */
function bytesOf(text: string, decode: (text: string) => Uint8Array): Uint8Array {
  try {
    return decode(text);
  } catch {
    return new Uint8Array();
  }
}

function readDocument({ status, body }: Answer): Record<string, unknown> & {
  readonly identity: string;
  readonly signature: string;
} {
  const { identity, signature, ...rest } = readObject(body);
  if (status !== 200 || typeof identity !== "string" || typeof signature !== "string") {
    throw new VaultProofError("document-invalid", `it was answered with ${status} and is no such document`);
  }
  return { identity, signature, ...rest };
}
