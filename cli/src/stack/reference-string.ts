import { join } from "node:path";
import { VaultProofError } from "@vaultproof/sdk/errors";
import { keepReferenceString } from "@vaultproof/sdk/keep-reference-string";
import { dataFolder } from "@vaultproof/server/embedded-secrets";
import type { Environment } from "../environment.js";

/** How long one address may take: where there is no network at all, the stack is to start all the same. */
const ADDRESS_MS = 4000;

/**
 * The folder of a copy of the reference string that the server can hand to browsers: in `DATA_DIR`, fetched the first time where
 * this machine has none.
 *
 * @returns undefined where none is to be had; then pages cannot make proofs, and everything else works.
 */
export async function referenceStringFor(
  env: Environment,
  fetch?: typeof globalThis.fetch,
): Promise<string | undefined> {
  const folder = join(dataFolder(env), "crs");
  try {
    return await keepReferenceString({ folder, env, timeout: ADDRESS_MS, fetch });
  } catch (error) {
    if (error instanceof VaultProofError && error.code === "reference-string-missing") return undefined;
    throw error;
  }
}
