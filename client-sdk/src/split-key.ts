import { destinationDigest, type Destination } from "@vaultproof/protocol/destination";
import { RecordError, splitKey, type KeyShares } from "@vaultproof/protocol/record";
import { seal } from "@vaultproof/protocol/seal";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import type { DeveloperSession } from "./developer-session.js";
import { VaultProofError } from "./sdk-error.js";

/** A provider key and what its shares are bound to. */
export interface KeyToSplit {
  readonly apiKey: string | Uint8Array;
  readonly slotId: string;
  readonly slotVersion: number;
  readonly destination: Destination;
}

/** @throws VaultProofError `invalid-argument` for what a variable that is not set, or a slip in JavaScript, would give. */
export function requireApiKey(apiKey: unknown): void {
  if (typeof apiKey === "string" || apiKey instanceof Uint8Array) return;
  throw new VaultProofError("invalid-argument", "apiKey is the provider's key, as text or as bytes");
}

/**
 * Splits a key and seals share 1 to the server's storage key. Wipes the key (bytes; a string cannot be) and share 1,
 * whatever happens.
 *
 * @throws VaultProofError `invalid-argument` for what cannot be a key.
 */
export async function splitAndSeal(
  session: DeveloperSession,
  key: KeyToSplit,
): Promise<{ share1Sealed: string; share2: Uint8Array<ArrayBuffer> }> {
  const { slotId, slotVersion } = key;
  const binding = {
    slotId,
    developerPublicKey: session.developer.publicKey,
    destination: destinationDigest(key.destination),
  };
  const { share1, share2 } = splitWiping(key.apiKey, binding);
  try {
    const { storageKey } = await session.documents.current();
    return {
      share1Sealed: await seal(storageKey, share1Context({ ...binding, slotVersion }), share1),
      share2,
    };
  } finally {
    share1.fill(0);
  }
}

function splitWiping(apiKey: string | Uint8Array, binding: Parameters<typeof splitKey>[1]): KeyShares {
  const key = typeof apiKey === "string" ? new TextEncoder().encode(apiKey) : apiKey;
  try {
    return splitKey(key, binding, (bytes) => crypto.getRandomValues(bytes));
  } catch (cause) {
    if (!(cause instanceof RecordError)) throw cause;
    throw new VaultProofError("invalid-argument", `apiKey: ${cause.message}`, { cause });
  } finally {
    key.fill(0);
  }
}
