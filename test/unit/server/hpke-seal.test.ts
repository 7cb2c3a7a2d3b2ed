import type { webcrypto } from "node:crypto";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import { AES_128_GCM, AES_256_GCM } from "@vaultproof/server/keys/hpke-key-schedule";
import { deriveHpkeKeyPair, generateHpkeKeyPair, openSealed } from "@vaultproof/server/keys/hpke-open";
import { hpkeSeal, sealTo } from "@vaultproof/server/keys/hpke-seal";
import { Aes128Gcm, Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import t from "tap";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0. */
const RFC_A_1_1 = {
  ikmE: "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
  pkRm: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
  enc: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  info: "4f6465206f6e2061204772656369616e2055726e",
  aad: "436f756e742d30",
  ciphertext: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
  plaintext: "4265617574792069732074727574682c20747275746820626561757479",
} as const;

void t.test("RFC 9180 A.1.1", (t) => {
  const { ikmE, pkRm, enc, info, aad, ciphertext, plaintext } = RFC_A_1_1;
  const sealed = hpkeSeal({
    ...{ aead: AES_128_GCM, recipient: hex(pkRm), ephemeral: deriveHpkeKeyPair(hex(ikmE)) },
    ...{ info: hex(info), aad: hex(aad), plaintext: hex(plaintext) },
  });
  t.equal(toHex(sealed.enc), enc);
  t.equal(toHex(sealed.ciphertext), ciphertext);
  t.end();
});

for (const [name, aead, library] of [
  ["AES-128-GCM", AES_128_GCM, new Aes128Gcm()],
  ["AES-256-GCM", AES_256_GCM, new Aes256Gcm()],
] as const) {
  void t.test(`the library opens what is sealed with ${name}`, async (t) => {
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: library });
    // The library names its types after a browser's globals, which Node's types have under another name.
    const theirs = (await suite.kem.generateKeyPair()) as unknown as webcrypto.CryptoKeyPair;
    const recipient = new Uint8Array(await suite.kem.serializePublicKey(theirs.publicKey));
    for (const length of [0, 1, 15, 16, 96, 4192]) {
      const plaintext = crypto.getRandomValues(new Uint8Array(length));
      const info = crypto.getRandomValues(new Uint8Array(28));
      const aad = crypto.getRandomValues(new Uint8Array(61));
      const { enc, ciphertext } = hpkeSeal({
        ...{ aead, recipient, ephemeral: generateHpkeKeyPair(), info, aad, plaintext },
      });
      const context = await suite.createRecipientContext({
        ...{ recipientKey: theirs.privateKey, enc: enc.buffer, info: info.buffer },
      });
      const opened = new Uint8Array(await context.open(ciphertext.slice().buffer, aad.buffer));
      t.equal(toHex(opened), toHex(plaintext), `${length} bytes`);
    }
  });
}

void t.test("seals anew each time, reads its input only, and names its recipient", (t) => {
  const key = generateHpkeKeyPair();
  const context = share1Context({
    ...{ slotId: "slot", slotVersion: 2 },
    ...{ developerPublicKey: new Uint8Array(32), destination: new Uint8Array(32) },
  });
  const secret = crypto.getRandomValues(new Uint8Array(96));
  const before = secret.slice();
  const [one, other] = [sealTo(key, context, secret), sealTo(key, context, secret)];
  t.same(secret, before);
  t.same(one.keyId, key.id);
  t.not(toHex(one.enc), toHex(other.enc));
  t.not(toHex(one.ciphertext), toHex(other.ciphertext));
  t.same(openSealed(key, one, context), before);
  t.same(openSealed(key, other, context), before);
  t.end();
});
