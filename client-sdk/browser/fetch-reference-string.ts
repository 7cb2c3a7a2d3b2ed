import { manifest } from "@vaultproof/circuits/manifest";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import { VaultProofError } from "../src/sdk-error.js";

/** The checked prefix of the ceremony's string: G1 64 bytes a point, affine, big-endian; G2 one point of 128 bytes. */
export interface ReferenceString {
  readonly g1: Uint8Array;
  readonly g2: Uint8Array;
}

const PATH = "/.well-known/vaultproof/crs";

/**
 * Fetches the reference string from the service, so that a page asks no third party, and checks it: a false one would
 * let whoever made it read what a proof hides.
 *
 * @param options.service its origin.
 * @throws VaultProofError `reference-string-missing`; the signal's reason.
 */
export async function fetchReferenceString(options: {
  readonly service: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}): Promise<ReferenceString> {
  const { g1Sha256, g2Sha256 } = manifest.referenceString;
  const load = async (name: string, sha256: string): Promise<Uint8Array> => {
    const url = new URL(`${PATH}/${name}`, options.service).href;
    try {
      const response = await options.fetch(url, { signal: options.signal ?? null, credentials: "omit" });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      if (bytesToHex(digest) !== sha256) throw new Error("not the ceremony's bytes (wrong SHA-256); refused");
      return bytes;
    } catch (cause) {
      options.signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new VaultProofError("reference-string-missing", `${url}: ${why}`, { cause });
    }
  };
  const [g1, g2] = await Promise.all([load("g1", g1Sha256), load("g2", g2Sha256)]);
  return { g1, g2 };
}
