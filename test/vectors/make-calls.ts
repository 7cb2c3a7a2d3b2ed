import { writeFileSync } from "node:fs";
import { manifest } from "@vaultproof/circuits/manifest";
import { proveKeyAuth } from "../helpers/key-auth-proof.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { vectorText } from "./independent/all-vectors.js";
import { createCircuitHashes } from "./independent/poseidon2.js";
import { wholeCalls, type WholeCallVectors } from "./independent/whole-calls.js";

// Writes calls.json: whole calls with their proofs, made without @vaultproof/protocol and the SDK, so that acceptance,
// replay and refusal are tested where the reference string is missing. Run it by `node test/dist/vectors/make-calls.js`
// after the circuit or the protocol changed. A proof is randomised: each run writes others.

const referenceString = findReferenceString();
if (!referenceString) throw new Error(noReferenceString);

const made = wholeCalls(await createCircuitHashes());
const { slotSecret, shareHash, appSecret, appAuthPath, appAuthLeft } = made.secrets;
const field = (text: string): bigint => BigInt(`0x${text}`);
const calls: WholeCallVectors["calls"][number][] = [];
for (const { nonce, statement, call, ...rest } of made.calls) {
  const { proof } = await proveKeyAuth({
    referenceString,
    inputs: {
      slot_secret: field(slotSecret),
      share_hash: field(shareHash),
      app_secret: field(appSecret),
      app_auth_path: appAuthPath.map(field),
      app_auth_left: appAuthLeft.map(field),
      nonce: field(nonce),
      vault_commitment: field(statement.vaultCommitment),
      app_root: field(statement.appRoot),
      app_id_hash: field(statement.appIdHash),
      nullifier: field(statement.nullifier),
      request_hash: field(statement.requestHash),
    },
  });
  calls.push({ ...rest, nonce, statement, call: { ...call, zkProof: Buffer.from(proof).toString("hex") } });
}

const vectors: WholeCallVectors = {
  madeBy: `Noir ${manifest.noir}, bb.js ${manifest.bbJs}`,
  verificationKeySha256: manifest.verificationKeySha256,
  ...made,
  calls,
};
writeFileSync(new URL("../../vectors/calls.json", import.meta.url), vectorText(vectors));
