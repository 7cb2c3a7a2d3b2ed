import { createNodeProver, VaultProofError, type NodeProver } from "@vaultproof/sdk";
import { broken, ok, type Finding } from "./finding.js";

/** Whether proofs can be made here: the public parameters are to be had, and a prover starts. */
export async function checkProver(
  service: string | undefined,
  openProver: (options: { service: string | undefined }) => Promise<NodeProver> = createNodeProver,
): Promise<Finding[]> {
  try {
    const prover = await openProver({ service });
    await prover.close();
    const speed = prover.backend === "native" ? "native" : "WebAssembly, several times slower than native";
    return [ok("reference string", `found: ${prover.referenceString}`), ok("prover", speed)];
  } catch (error) {
    if (!(error instanceof VaultProofError)) {
      const found = error instanceof Error ? error.message : String(error);
      return [
        broken("prover", found, "install vaultproof again; this machine may lack what its prover needs"),
      ];
    }
    const remedy =
      "let this machine reach the service or Aztec's CDN, or put bn254_g1.dat and bn254_g2.dat into a folder and set " +
      "CRS_PATH to it";
    return [broken("reference string", error.message, remedy)];
  }
}
