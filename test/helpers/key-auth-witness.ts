import { appPathWitness, computeAppPath } from "@vaultproof/protocol/app-tree";
import { COMPRESS_DOMAIN, compress } from "@vaultproof/protocol/compress";

/** Inputs of `key_auth` under the circuit's own names; fields as integers. */
export interface KeyAuthInputs {
  slot_secret: bigint;
  share_hash: bigint;
  app_secret: bigint;
  app_auth_path: bigint[];
  app_auth_left: bigint[];
  nonce: bigint;
  vault_commitment: bigint;
  app_root: bigint;
  app_id_hash: bigint;
  nullifier: bigint;
  request_hash: bigint;
}

/** Arbitrary, far apart, below the modulus. */
const secrets = {
  slot_secret: 0x11d0f7b2c4a9836e5512fe0c9ab7d34e60718293a4b5c6d7e8f90a1b2c3d4en,
  share_hash: 0x22e1a8c3d5ba947f6623af1dabc8e45f718293a4b5c6d7e8f90a1b2c3d4e5fn,
  app_secret: 0x33f2b9d4e6cba5807734b02ebcd9f5608293a4b5c6d7e8f90a1b2c3d4e5f60n,
  nonce: 0x4403cae5f7dcb6918845c13fcdea06719a4b5c6d7e8f90a1b2c3d4e5f60718n,
  app_id_hash: 0x5514dbf608edc7a29956d240defb1782ab5c6d7e8f90a1b2c3d4e5f6071829n,
  request_hash: 0x6625ec0719fed8b3aa67e351ef0c2893bc6d7e8f90a1b2c3d4e5f60718293an,
};

/**
 * A witness that satisfies every assertion: one app among three in the slot's tree.
 *
 * @param index - the app's place, 0 to 1,023, not 1 or 700, where the two others stand
 */
export function makeKeyAuthInputs(index = 2): KeyAuthInputs {
  const { slot_secret, share_hash, app_secret, nonce, app_id_hash, request_hash } = secrets;
  const leaf = compress(COMPRESS_DOMAIN.appLeaf, app_id_hash, app_secret, 0n);
  const others = [
    { index: 1, leaf: 7n },
    { index: 700, leaf: 8n },
  ];
  const { siblings, appRoot } = computeAppPath([...others, { index, leaf }], index);
  const { path, left } = appPathWitness(leaf, index, siblings);
  return {
    ...secrets,
    app_auth_path: [...path],
    app_auth_left: [...left],
    vault_commitment: compress(COMPRESS_DOMAIN.vaultCommitment, slot_secret, share_hash, 0n),
    app_root: appRoot,
    nullifier: compress(COMPRESS_DOMAIN.nullifier, slot_secret, nonce, request_hash),
  };
}

/** The same as noir_js takes it: decimal strings. */
export function toNoirInputs(inputs: KeyAuthInputs): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]: [string, bigint | bigint[]]) => [
      name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}
