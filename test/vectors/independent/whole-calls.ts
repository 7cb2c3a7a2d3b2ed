import { requestHash, type VectorCall } from "./call-vectors.js";
import { be, digest, fieldHex, frame, hkdf, number, seeded, sha256, toField, xor } from "./encodings.js";
import { deriveKeyPair, keyPairFromPrivate, sealWith } from "./hpke.js";
import { recordOf, SLOT } from "./key-vectors.js";
import type { CircuitHashes } from "./poseidon2.js";

/** The database's time at which the calls were made. */
const NOW = 1790000000;
const APPS = ["another-app", "my-app", "a-third-app"] as const;
const APP = "my-app";
const INDEX = APPS.indexOf(APP);

const destination = {
  provider: "custom",
  baseUrl: "https://provider.example",
  headerName: "x-provider-key",
  headerTemplate: "Token {key}",
};
const serverEncryptionKey = seeded("server encryption key", 32);
const storageKey = deriveKeyPair(hkdf(serverEncryptionKey, "", "vaultproof storage hpke v1", 32));
const transportKey = keyPairFromPrivate(seeded("transport key", 32));
const developerPublicKey = seeded("developer of whole calls", 32);
const providerKey = "sk-a-key-of-the-provider-0123456789";
const slotSecret = number(seeded("slot secret of whole calls", 31));
const appSecrets = APPS.map((app) => number(seeded(`app secret of ${app}`, 31)));

/** A key id, the encapsulated key and the ciphertext. */
function sealed(purpose: string, recipient: Buffer, message: { aad: Buffer; plaintext: Buffer }): Buffer {
  const keyId = sha256(recipient).subarray(0, 8);
  const ephemeral = keyPairFromPrivate(sha256("ephemeral", purpose, message.aad));
  const info = Buffer.concat([Buffer.from(purpose), keyId]);
  return Buffer.concat([keyId, ephemeral.publicKey, sealWith(ephemeral, recipient, { info, ...message })]);
}

function shares() {
  const { provider, baseUrl, headerName, headerTemplate } = destination;
  const to = digest("vaultproof destination v1", provider, baseUrl, headerName, headerTemplate);
  const binding = { slotId: SLOT, developerPublicKey, destination: to };
  const record = recordOf({ key: Buffer.from(providerKey), ...binding });
  const share2 = seeded("share 2 of whole calls", record.length);
  const aad = frame(SLOT, be(1, 8), developerPublicKey, to);
  return {
    share1Encrypted: sealed("vaultproof share1 v1", storageKey.publicKey, {
      aad,
      plaintext: xor(record, share2),
    }),
    share2,
  };
}

const { share1Encrypted, share2 } = shares();

function calls(): { name: string; call: VectorCall; forwarded: { body: string | null } }[] {
  const body = Buffer.from([0x7b, 0x22, 0xe2, 0x82, 0xac, 0x22, 0x3a, 0x20, 0x31, 0x7d, 0x0a]);
  const about = { keySlotId: SLOT, appId: APP, expiresAt: NOW + 150 };
  const aad = frame(SLOT, APP, be(about.expiresAt, 8));
  const share = sealed("vaultproof share2 v1", transportKey.publicKey, { aad, plaintext: share2 });
  return [
    {
      name: "as the SDK makes them: share 2 sealed, the body's exact bytes",
      call: {
        ...about,
        method: "POST",
        targetPath: "/v1/chat/completions?trace=1",
        share2_encrypted: `0x${share.toString("hex")}`,
        headers: { accept: "text/event-stream", "content-type": "application/json" },
        bodyBase64: body.toString("base64"),
      },
      forwarded: { body: body.toString("hex") },
    },
    {
      name: "as a person with curl makes them: share 2 in clear, no body",
      call: { ...about, method: "GET", targetPath: "/v1/models", share2: share2.toString("base64") },
      forwarded: { body: null },
    },
    {
      name: "a JSON body and a token",
      call: {
        ...about,
        method: "PUT",
        targetPath: "/v1/files/1",
        share2: share2.toString("base64"),
        headers: {},
        body: { b: [1, null, "€"], a: true },
        auth: { identityToken: "a.b.c" },
      },
      forwarded: { body: Buffer.from('{"a":true,"b":[1,null,"€"]}').toString("hex") },
    },
  ];
}

/**
 * Whole calls without their proofs: the secrets behind them, the rows that a database holds for them, and what the
 * proof of each has to state. The same at every run.
 */
export function wholeCalls({ compress, tree }: CircuitHashes) {
  const shareHash = toField("vaultproof share v1", SLOT, share2);
  const vaultCommitment = compress(1n, slotSecret, shareHash, 0n);
  const appIdHashes = APPS.map((app) => toField("vaultproof app id v1", app));
  const leaves = APPS.map((_, i) => compress(2n, appIdHashes[i] ?? 0n, appSecrets[i] ?? 0n, 0n));
  const levels = tree(new Map(leaves.map((leaf, i) => [i, leaf])));
  const at = (height: number, place: number): string => fieldHex(levels[height]?.[place] ?? 0n);
  const heights = Array.from({ length: 10 }, (_, height) => height);
  return {
    now: NOW,
    serverEncryptionKey: serverEncryptionKey.toString("base64"),
    transportPrivateKey: transportKey.privateKey.toString("hex"),
    providerKey,
    developer: {
      id: sha256(developerPublicKey).toString("base64url"),
      publicKey: developerPublicKey.toString("hex"),
    },
    slot: {
      id: SLOT,
      ...destination,
      share1Encrypted: share1Encrypted.toString("hex"),
      serverKeyId: share1Encrypted.subarray(0, 8).toString("hex"),
      vaultCommitment: fieldHex(vaultCommitment),
      appRoot: at(10, 0),
      grants: APPS.map((appId, i) => ({ appId, leaf: fieldHex(leaves[i] ?? 0n) })),
    },
    secrets: {
      slotSecret: fieldHex(slotSecret),
      shareHash: fieldHex(shareHash),
      appSecret: fieldHex(appSecrets[INDEX] ?? 0n),
      appAuthPath: heights.map((height) => at(height, (INDEX >> height) ^ 1)),
      appAuthLeft: heights.map((height) => at(height, (INDEX >> height) & ~1)),
    },
    calls: calls().map(({ name, call, forwarded }, i) => {
      const nonce = number(seeded(`nonce of whole call ${i}`, 31));
      const request = requestHash(call);
      const nullifier = fieldHex(compress(4n, slotSecret, nonce, request));
      return {
        name,
        nonce: fieldHex(nonce),
        statement: {
          vaultCommitment: fieldHex(vaultCommitment),
          appRoot: at(10, 0),
          appIdHash: fieldHex(appIdHashes[INDEX] ?? 0n),
          nullifier,
          requestHash: fieldHex(request),
        },
        forwarded,
        call: { ...call, nullifier },
      };
    }),
  };
}

type Made = ReturnType<typeof wholeCalls>;

/** What is committed: the same, each call with its proof, and what proved it. */
export interface WholeCallVectors extends Omit<Made, "calls"> {
  readonly madeBy: string;
  readonly verificationKeySha256: string;
  readonly calls: readonly WholeCall[];
}

export type WholeCall = Omit<Made["calls"][number], "call"> & {
  readonly call: Made["calls"][number]["call"] & { readonly zkProof: string };
};
