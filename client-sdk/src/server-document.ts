import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { fromBase64, fromBase64Url } from "@vaultproof/protocol/encoding";
import { verifyEd25519 } from "@vaultproof/protocol/verify-ed25519";
import { wellKnownSchema, wellKnownSigningInput, type WellKnown } from "@vaultproof/protocol/well-known";
import { VaultProofError } from "./sdk-error.js";
import type { ServiceConnection } from "./service-connection.js";

/** The server's signed document, checked. */
export interface ServerDocument {
  /** Raw Ed25519 public key of the server's identity. */
  readonly identity: Uint8Array<ArrayBuffer>;
  /** base64url SHA-256 of it. */
  readonly fingerprint: string;
  /** Raw X25519 public key that share 1 is sealed to. */
  readonly storageKey: Uint8Array<ArrayBuffer>;
  /** Raw X25519 public keys that share 2 may be sealed to; times in Unix seconds. */
  readonly transportKeys: readonly {
    readonly publicKey: Uint8Array<ArrayBuffer>;
    readonly notAfter: number;
  }[];
  readonly notAfter: number;
}

export const WELL_KNOWN_PATH = "/.well-known/vaultproof";

/**
 * Fetches the document and checks, in this order: its shape, whose it is, the signature, its time, the circuit.
 *
 * @param options.pin the fingerprint that it must be of; undefined takes any identity that signed its own document.
 * @throws VaultProofError naming what is wrong; TypeError when the service cannot be reached.
 */
export async function fetchServerDocument(options: {
  readonly connection: ServiceConnection;
  readonly pin: string | undefined;
  readonly manifest: CircuitManifest;
  readonly signal?: AbortSignal | undefined;
}): Promise<ServerDocument> {
  const { connection, pin, manifest, signal } = options;
  const response = await connection.send({ method: "GET", target: WELL_KNOWN_PATH, signal });
  if (response.status !== 200) {
    throw new VaultProofError("document-invalid", `${connection.origin} answered ${response.status} to it`, {
      status: response.status,
    });
  }
  const raw = await readJson(response);
  const parsed = wellKnownSchema.safeParse(raw);
  if (!parsed.success) throw new VaultProofError("document-invalid", "it has not the documented members");
  const identity = fromBase64Url(parsed.data.identity);
  const fingerprint = keyFingerprint(identity);
  assertPinned(fingerprint, pin, connection.origin);
  assertSigned(raw as Record<string, unknown>, identity, parsed.data.signature);
  assertCurrent(parsed.data, connection);
  assertSameCircuit(parsed.data, manifest);
  connection.clock.limit(parsed.data.notAfter);
  return {
    identity,
    fingerprint,
    storageKey: fromBase64Url(parsed.data.storageKey),
    transportKeys: parsed.data.transportKeys.map(({ publicKey, notAfter }) => ({
      publicKey: fromBase64Url(publicKey),
      notAfter,
    })),
    notAfter: parsed.data.notAfter,
  };
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new VaultProofError("document-invalid", "it is not JSON", { cause });
  }
}

function assertPinned(fingerprint: string, pin: string | undefined, origin: string): void {
  if (pin === undefined || pin === fingerprint) return;
  throw new VaultProofError(
    "identity-changed",
    `${origin} shows the identity ${fingerprint}, expected ${pin}. Either another server answers there, or ` +
      "somebody stands in between; ask its operator for the fingerprint that the server prints at start",
  );
}

function assertSigned(document: Record<string, unknown>, identity: Uint8Array, signature: string): void {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(signature);
  } catch (cause) {
    throw new VaultProofError("document-invalid", "its signature is not base64", { cause });
  }
  if (!verifyEd25519(identity, wellKnownSigningInput(document), bytes)) {
    throw new VaultProofError("document-invalid", "its signature is not by the identity that it names");
  }
}

function assertCurrent(document: WellKnown, connection: ServiceConnection): void {
  // The device's own clock: the server's is only known from headers that nobody signed.
  if (document.notAfter > Math.floor(connection.localNow() / 1000)) return;
  throw new VaultProofError(
    "document-expired",
    `it was good until ${new Date(document.notAfter * 1000).toISOString()}; an old one is being replayed, or this ` +
      "device's clock is wrong",
  );
}

function assertSameCircuit(document: WellKnown, manifest: CircuitManifest): void {
  const { circuit, crs } = document;
  const { referenceString } = manifest;
  const same =
    circuit.program === manifest.programSha256 &&
    circuit.verificationKey === manifest.verificationKeySha256 &&
    crs.points === referenceString.points &&
    crs.g1 === referenceString.g1Sha256 &&
    crs.g2 === referenceString.g2Sha256;
  if (same) return;
  throw new VaultProofError(
    "circuit-mismatch",
    "their hashes differ, so no proof made here would be accepted there; update the older of the two",
  );
}
