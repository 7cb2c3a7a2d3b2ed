import { keyAuthProgram } from "@vaultproof/circuits/key-auth-program";
import type { CallWitness } from "./prover.js";

/** Runs the circuit on its inputs: the uncompressed witness, as bb.js's `circuitProve` takes it. */
export type WitnessSolver = (witness: CallWitness) => Promise<Uint8Array>;

/**
 * Loads noir_js, which is megabytes of WebAssembly, only now.
 *
 * The solver throws with the circuit's own message when the inputs break one of its assertions.
 */
export async function loadWitnessSolver(): Promise<WitnessSolver> {
  const { Noir } = await import("@noir-lang/noir_js");
  const noir = new Noir(keyAuthProgram);
  return async (witness) => {
    const solved = await noir.execute(noirInputs(witness));
    return gunzip(solved.witness);
  };
}

/** The compiled circuit's bytes, as bb.js takes them. */
export async function circuitBytecode(): Promise<Uint8Array> {
  const zipped = Uint8Array.from(atob(keyAuthProgram.bytecode), (char) => char.charCodeAt(0));
  return gunzip(zipped);
}

/** The circuit's parameters under their names in Noir. */
function noirInputs(witness: CallWitness): Record<string, string | string[]> {
  const { statement } = witness;
  return {
    slot_secret: String(witness.slotSecret),
    share_hash: String(witness.shareHash),
    app_secret: String(witness.appSecret),
    app_auth_path: witness.path.map(String),
    app_auth_left: witness.left.map(String),
    nonce: String(witness.nonce),
    vault_commitment: String(statement.vaultCommitment),
    app_root: String(statement.appRoot),
    app_id_hash: String(statement.appIdHash),
    nullifier: String(statement.nullifier),
    request_hash: String(statement.requestHash),
  };
}

async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
