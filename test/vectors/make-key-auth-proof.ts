import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifest } from "@vaultproof/circuits/manifest";
import { publicInputOrder } from "@vaultproof/circuits/proof-settings";
import { fieldToHex } from "@vaultproof/protocol/field";
import { proveKeyAuth } from "../helpers/key-auth-proof.js";
import { makeKeyAuthInputs } from "../helpers/key-auth-witness.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";

// Writes key-auth-proof.json: one proof with its inputs, so that verification is tested where the reference string is
// missing. Run it by `node test/dist/vectors/make-key-auth-proof.js` after the circuit changed. A proof is randomised:
// each run writes another.

const referenceString = findReferenceString();
if (!referenceString) throw new Error(noReferenceString);
const inputs = makeKeyAuthInputs();
const { proof, publicInputs } = await proveKeyAuth({ inputs, referenceString });

const vector = {
  madeBy: `Noir ${manifest.noir}, bb.js ${manifest.bbJs}`,
  verificationKeySha256: manifest.verificationKeySha256,
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([name, value]: [string, bigint | bigint[]]) => [
      name,
      Array.isArray(value) ? value.map(fieldToHex) : fieldToHex(value),
    ]),
  ),
  publicInputs: Object.fromEntries(
    publicInputOrder.map((name, index) => [name, Buffer.from(publicInputs[index] ?? []).toString("hex")]),
  ),
  proof: Buffer.from(proof).toString("hex"),
};

writeFileSync(
  fileURLToPath(new URL("../../vectors/key-auth-proof.json", import.meta.url)),
  `${JSON.stringify(vector, null, 2)}\n`,
);
