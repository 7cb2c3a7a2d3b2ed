import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { wellKnownSchema } from "@vaultproof/protocol/well-known";
import { VaultProofError } from "@vaultproof/sdk/browser";

/** Who answers at this origin, to be compared by a person; nothing has been checked of it yet. */
export interface ShownServer {
  /** Fingerprint of the identity, 43 characters. */
  readonly fingerprint: string;
  /** SHA-256 of the circuit that the server verifies against, hex. */
  readonly circuit: string;
}

/**
 * Reads the server's document for showing it. The client reads it again when it is opened, and checks it there against the
 * fingerprint that was compared.
 *
 * @throws VaultProofError `document-invalid`; TypeError where nobody answers.
 */
export async function showServer(url: string): Promise<ShownServer> {
  const response = await fetch(new URL("/.well-known/vaultproof", url), { cache: "no-store" });
  const parsed = wellKnownSchema.safeParse(response.ok ? await response.json() : undefined);
  if (!parsed.success) {
    throw new VaultProofError("document-invalid", `the server answered ${response.status}`, {
      status: response.status,
    });
  }
  const { identity, circuit } = parsed.data;
  return { fingerprint: keyFingerprint(fromBase64Url(identity)), circuit: circuit.program };
}
