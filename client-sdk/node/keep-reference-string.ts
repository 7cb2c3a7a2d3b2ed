import { manifest } from "@vaultproof/circuits/manifest";
import { writeReferenceString } from "./proving-material.js";
import { findReferenceString } from "./reference-string.js";
import { referenceStringPlaces } from "./reference-string-places.js";

/**
 * Puts a checked copy of the reference string into a folder, from the nearest place that has it; Aztec's is the last. For a
 * server that is to hand it to browsers, which ask nobody else.
 *
 * @param options.timeout milliseconds that one address may take.
 * @returns the folder that holds it: the one given, or a temporary one where that cannot be written.
 * @throws VaultProofError `reference-string-missing`, naming every place tried.
 */
export async function keepReferenceString(options: {
  readonly folder: string;
  readonly timeout: number;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly checkout?: string;
}): Promise<string> {
  const { folder, timeout, fetch = globalThis.fetch, ...where } = options;
  const impatient: typeof fetch = (url, init) => {
    const signals = [AbortSignal.timeout(timeout), ...(init?.signal ? [init.signal] : [])];
    return fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };
  const places = referenceStringPlaces({
    cacheFolder: folder,
    service: undefined,
    fetch: impatient,
    ...where,
  });
  return await writeReferenceString(await findReferenceString({ places, manifest }), folder);
}
