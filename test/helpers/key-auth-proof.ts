import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { Noir } from "@noir-lang/noir_js";
import { keyAuthProgram } from "@vaultproof/circuits/key-auth-program";
import { proofSettings, publicInputOrder } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { type KeyAuthInputs, toNoirInputs } from "./key-auth-witness.js";
import type { ReferenceString } from "./reference-string.js";

/** A proof of 6,464 bytes and the public inputs in the circuit's order, 32 bytes each. */
export interface ProvedStatement {
  readonly proof: Uint8Array;
  readonly publicInputs: readonly Uint8Array[];
}

/** Proves a witness with bb.js in WASM, straight and without the SDK. */
export async function proveKeyAuth({
  inputs,
  referenceString,
}: {
  inputs: KeyAuthInputs;
  referenceString: ReferenceString;
}): Promise<ProvedStatement> {
  const { witness } = await new Noir(keyAuthProgram).execute(toNoirInputs(inputs));
  const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
  try {
    const { g1, g2, points } = referenceString;
    await backend.srsInitSrs({ pointsBuf: g1, numPoints: points, g2Point: g2 });
    const { proof, publicInputs } = await backend.circuitProve({
      witness: gunzipSync(witness),
      circuit: {
        name: "key_auth",
        bytecode: gunzipSync(Buffer.from(keyAuthProgram.bytecode, "base64")),
        verificationKey,
      },
      settings: proofSettings,
    });
    return { proof: Buffer.concat(proof), publicInputs };
  } finally {
    await backend.destroy();
  }
}

/** The committed proof: what is known good without proving anything. */
export function readProofVector(): ProvedStatement {
  const file = fileURLToPath(new URL("../../vectors/key-auth-proof.json", import.meta.url));
  const { proof, publicInputs } = JSON.parse(readFileSync(file, "utf8")) as {
    proof: string;
    publicInputs: Record<(typeof publicInputOrder)[number], string>;
  };
  return {
    proof: Buffer.from(proof, "hex"),
    publicInputs: publicInputOrder.map((name) => Buffer.from(publicInputs[name], "hex")),
  };
}
