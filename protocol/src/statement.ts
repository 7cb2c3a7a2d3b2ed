import { COMPRESS_DOMAIN, compress } from "./compress.js";
import { bytesToField } from "./framing.js";

/** The public inputs of `key_auth`, in the circuit's order. */
export interface Statement {
  readonly vaultCommitment: bigint;
  readonly appRoot: bigint;
  readonly appIdHash: bigint;
  readonly nullifier: bigint;
  readonly requestHash: bigint;
}

/** The statement as the verifier takes it: five field elements in the circuit's order. */
export function publicInputs(statement: Statement): readonly bigint[] {
  return [
    statement.vaultCommitment,
    statement.appRoot,
    statement.appIdHash,
    statement.nullifier,
    statement.requestHash,
  ];
}

/** The public name of an app inside the circuit. */
export function appIdHash(appId: string): bigint {
  return bytesToField("vaultproof app id v1", appId);
}

/** Binds share 2 to its slot; hidden inside the vault commitment. */
export function shareHash(slotId: string, share2: Uint8Array): bigint {
  return bytesToField("vaultproof share v1", slotId, share2);
}

/** `compress(1, slot secret, share hash, 0)`: what the server stores to recognise the slot's owner. */
export function vaultCommitment(slotSecret: bigint, share: bigint): bigint {
  return compress(COMPRESS_DOMAIN.vaultCommitment, slotSecret, share, 0n);
}

/** `compress(2, app id hash, app secret, 0)`: one app's leaf. */
export function appLeaf(appId: string, appSecret: bigint): bigint {
  return compress(COMPRESS_DOMAIN.appLeaf, appIdHash(appId), appSecret, 0n);
}

/** `compress(4, slot secret, nonce, request hash)`: spent once, for one request only. */
export function nullifier(slotSecret: bigint, nonce: bigint, requestHash: bigint): bigint {
  return compress(COMPRESS_DOMAIN.nullifier, slotSecret, nonce, requestHash);
}
