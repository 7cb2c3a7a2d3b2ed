import { fileURLToPath } from "node:url";
import { countRows, deriveVerificationKey, withBackend } from "./backend.js";
import { acirOf, compileProgram } from "./compile-program.js";
import type { ReferenceString } from "./reference-string.js";
import { type Artifacts, renderArtifacts } from "./render-artifacts.js";

/** The folder `circuits/` of the checkout: seen from `circuits/dist/scripts/`. */
export const circuitsFolder = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Compiles `key_auth` and renders all that is committed of it, in memory.
 *
 * @param key - what to derive the verification key from, or the key itself where no reference string is at hand
 * @throws Error from the compiler, from bb.js, or if the circuit breaks its limits
 */
export async function rebuild(
  key: { referenceString: ReferenceString } | { verificationKey: Uint8Array },
): Promise<Artifacts> {
  const program = await compileProgram(`${circuitsFolder}key_auth`);
  const acir = acirOf(program);
  const referenceString = "referenceString" in key ? key.referenceString : undefined;
  return await withBackend(referenceString, async (backend) =>
    renderArtifacts({
      program,
      rows: await countRows(backend, acir),
      verificationKey:
        "verificationKey" in key ? key.verificationKey : await deriveVerificationKey(backend, acir),
    }),
  );
}
