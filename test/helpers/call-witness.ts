import type { CallWitness } from "@vaultproof/sdk";
import { makeKeyAuthInputs } from "./key-auth-witness.js";

/**
 * A witness that holds, as a prover takes it; it crosses into a page as it is.
 *
 * @param index as {@link makeKeyAuthInputs} takes it.
 */
export function makeCallWitness(index?: number): CallWitness {
  const inputs = makeKeyAuthInputs(index);
  return {
    slotSecret: inputs.slot_secret,
    shareHash: inputs.share_hash,
    appSecret: inputs.app_secret,
    path: inputs.app_auth_path,
    left: inputs.app_auth_left,
    nonce: inputs.nonce,
    statement: {
      vaultCommitment: inputs.vault_commitment,
      appRoot: inputs.app_root,
      appIdHash: inputs.app_id_hash,
      nullifier: inputs.nullifier,
      requestHash: inputs.request_hash,
    },
  };
}
