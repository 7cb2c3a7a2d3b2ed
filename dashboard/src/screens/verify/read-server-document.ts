import { ask } from "../../call/answer.js";

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

/**
 * Fetches the document and checks it here, apart from the SDK's own check.
 *
 * @throws TypeError where there is no answer; Error for one that is no such document.
 */
export async function readServerDocument(): Promise<ShownDocument> {
  const answer = await ask(WELL_KNOWN);
  const [{ wellKnownSchema, wellKnownSigningInput }, { verifyEd25519 }, { keyFingerprint }, encoding] =
    await loadChecks();
  const raw = parse(answer.body);
  const parsed = wellKnownSchema.safeParse(raw);
  if (answer.status !== 200 || !parsed.success) {
    throw new Error(`${WELL_KNOWN} was answered with ${answer.status} and no document`);
  }
  const { identity, signature } = parsed.data;
  const publicKey = encoding.fromBase64Url(identity);
  return {
    document: JSON.stringify(raw, null, 2),
    fingerprint: keyFingerprint(publicKey),
    isSigned: verifyEd25519(
      publicKey,
      wellKnownSigningInput(raw as Record<string, unknown>),
      bytesOf(signature, encoding.fromBase64),
    ),
  };
}

/** Needed on this screen alone. */
function loadChecks() {
  return Promise.all([
    import("@vaultproof/protocol/well-known"),
    import("@vaultproof/protocol/developer-key"),
    import("@vaultproof/protocol/developer-signature"),
    import("@vaultproof/protocol/encoding"),
  ]);
}

/** A signature that is not base64 is one that does not hold. */
function bytesOf(text: string, decode: (text: string) => Uint8Array): Uint8Array {
  try {
    return decode(text);
  } catch {
    return new Uint8Array();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
