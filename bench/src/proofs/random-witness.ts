import { randomBytes, randomUUID } from "node:crypto";
import { appPathWitness, computeAppPath } from "@vaultproof/protocol/app-tree";
import { fieldFromBytes } from "@vaultproof/protocol/field";
import { appIdHash, appLeaf, nullifier, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import type { CallWitness } from "@vaultproof/sdk";

const APP_ID = "bench";
const SHARE_BYTES = 128;

/** A witness of a call that nobody makes: secrets, request and the app's place in the tree are random. */
export function randomWitness(): CallWitness {
  const [slotSecret, appSecret, nonce, requestHash] = [
    randomField(),
    randomField(),
    randomField(),
    randomField(),
  ];
  const share = shareHash(randomUUID(), randomBytes(SHARE_BYTES));
  const leaf = appLeaf(APP_ID, appSecret);
  const index = randomBytes(1)[0] ?? 0;
  const { siblings, appRoot } = computeAppPath([{ index, leaf }], index);
  const { path, left } = appPathWitness(leaf, index, siblings);
  return {
    ...{ slotSecret, appSecret, nonce, path, left },
    shareHash: share,
    statement: {
      vaultCommitment: vaultCommitment(slotSecret, share),
      appRoot,
      appIdHash: appIdHash(APP_ID),
      nullifier: nullifier(slotSecret, nonce, requestHash),
      requestHash,
    },
  };
}

/** Random, of 31 bytes, hence below the modulus. */
export function randomField(): bigint {
  return fieldFromBytes(Buffer.concat([Buffer.alloc(1), randomBytes(31)]));
}

/** The same under the circuit's own names, as noir_js takes it. */
export function toNoirInputs({ statement, ...witness }: CallWitness): Record<string, string | string[]> {
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
