import { createHash, randomBytes } from "node:crypto";
import { appPathWitness } from "@vaultproof/protocol/app-tree";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { BODY_FORM, requestHash, SHARE_FORM } from "@vaultproof/protocol/request-hash";
import { seal } from "@vaultproof/protocol/seal";
import { share2Context } from "@vaultproof/protocol/sealed-message";
import { appIdHash, appLeaf, nullifier, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import type { Prover } from "@vaultproof/sdk";

/** What a caller chooses of a request; no client checks or normalises it here. */
export interface CallMembers {
  readonly targetPath: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The whole text of a call whose proof holds for exactly these members. */
export type ProveMembers = (members: CallMembers) => Promise<string>;

const LIFETIME_SECONDS = 290;

/** Proves calls of one app by hand, as an attacker who owns a bundle does. */
export async function openMembersProver(options: {
  readonly edgeUrl: string;
  readonly bundle: string;
  readonly prover: Prover;
}): Promise<ProveMembers> {
  const { edgeUrl, prover } = options;
  const { slotId, appId, slotSecret, appSecret, share2 } = parseBundle(options.bundle);
  const leaf = appLeaf(appId, appSecret);
  const read = async <T>(path: string): Promise<T> => (await (await fetch(edgeUrl + path)).json()) as T;
  const { transportKeys } = await read<{ transportKeys: { publicKey: string }[] }>("/.well-known/vaultproof");
  const transportKey = Buffer.from(transportKeys[0]?.publicKey ?? "", "base64url");
  const tree = await read<{ index: number; siblings: string[]; appRoot: string }>(
    `/api/v1/keys/${slotId}/path?leaf=${fieldToHex(leaf)}`,
  );
  const path = appPathWitness(leaf, tree.index, tree.siblings.map(fieldFromHex));

  return async ({ targetPath, method = "GET", headers }) => {
    const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
    const sealed = await seal(transportKey, share2Context({ slotId, appId, expiresAt }), share2);
    const hash = requestHash({
      ...{ keySlotId: slotId, appId, method, targetPath, expiresAt },
      shareForm: SHARE_FORM.sealed,
      shareDigest: sha256(sealed),
      headersDigest: sha256(canonicalJson(headers ?? {})),
      bodyForm: BODY_FORM.none,
      bodyDigest: sha256(""),
      authDigest: sha256(""),
    });
    const nonce = BigInt(`0x${randomBytes(31).toString("hex")}`);
    const share = shareHash(slotId, share2);
    const statement = {
      vaultCommitment: vaultCommitment(slotSecret, share),
      appRoot: fieldFromHex(tree.appRoot),
      appIdHash: appIdHash(appId),
      nullifier: nullifier(slotSecret, nonce, hash),
      requestHash: hash,
    };
    const { proof } = await prover.prove({
      ...{ slotSecret, appSecret, nonce, shareHash: share },
      ...{ ...path, appRoot: statement.appRoot, statement },
    });
    const call = { keySlotId: slotId, appId, targetPath, expiresAt, method };
    return JSON.stringify({
      ...call,
      ...(headers === undefined ? {} : { headers }),
      share2_encrypted: sealed,
      nullifier: fieldToHex(statement.nullifier),
      zkProof: Buffer.from(proof).toString("hex"),
    });
  };
}

function sha256(data: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}
