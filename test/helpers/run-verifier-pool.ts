import { verificationKey } from "@vaultproof/circuits/verification-key";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";

// A process of its own with a pool of native verifiers, for tests that kill it.
const pool = await createVerifierPool({ verificationKey, backend: "native", size: 2 });
process.stdout.write(`${JSON.stringify(pool.stats())}\n`);
setInterval(() => undefined, 1_000);
