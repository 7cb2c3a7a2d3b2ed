import type { webcrypto } from "node:crypto";
import { seal } from "@vaultproof/protocol/seal";
import { parseSealedMessage, share2Context, type SealedMessage } from "@vaultproof/protocol/sealed-message";
import { AES_128_GCM, AES_256_GCM } from "@vaultproof/server/keys/hpke-key-schedule";
import {
  decapsulate,
  deriveHpkeKeyPair,
  generateHpkeKeyPair,
  hpkeOpen,
  hpkePrivateKeyBytes,
  hpkePrivateKeyFromBytes,
  openSealed,
  SealOpenError,
} from "@vaultproof/server/keys/hpke-open";
import { Aes128Gcm, Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import t from "tap";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0. */
const RFC_A_1_1 = {
  ikmR: "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
  skRm: "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
  pkRm: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
  enc: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  sharedSecret: "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
  info: "4f6465206f6e2061204772656369616e2055726e",
  aad: "436f756e742d30",
  ciphertext: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
  plaintext: "4265617574792069732074727574682c20747275746820626561757479",
} as const;
const CONTEXT = share2Context({ slotId: "slot", appId: "app", expiresAt: 1_790_000_000 });

void t.test("RFC 9180 A.1.1", (t) => {
  const key = deriveHpkeKeyPair(hex(RFC_A_1_1.ikmR));
  t.equal(toHex(hpkePrivateKeyBytes(key)), RFC_A_1_1.skRm, "DeriveKeyPair, private half");
  t.equal(toHex(key.publicKey), RFC_A_1_1.pkRm, "DeriveKeyPair, public half");
  t.equal(toHex(decapsulate(key, hex(RFC_A_1_1.enc))), RFC_A_1_1.sharedSecret, "Decap");
  const { enc, info, aad, ciphertext, plaintext } = RFC_A_1_1;
  const message = { enc: hex(enc), info: hex(info), aad: hex(aad), ciphertext: hex(ciphertext) };
  t.equal(toHex(hpkeOpen({ aead: AES_128_GCM, key, ...message })), plaintext, "Open");
  t.throws(
    () => hpkeOpen({ aead: AES_256_GCM, key, ...message }),
    SealOpenError,
    "the AEAD is part of the key",
  );
  t.end();
});

for (const [name, aead, library] of [
  ["AES-128-GCM", AES_128_GCM, new Aes128Gcm()],
  ["AES-256-GCM", AES_256_GCM, new Aes256Gcm()],
] as const) {
  void t.test(`opens what the library seals with ${name}, and derives the same keys`, async (t) => {
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: library });
    const ikm = crypto.getRandomValues(new Uint8Array(32));
    // The library names its types after a browser's globals, which Node's types have under another name.
    const theirs = (await suite.kem.deriveKeyPair(ikm)) as unknown as webcrypto.CryptoKeyPair;
    const key = deriveHpkeKeyPair(ikm);
    const theirPublic = new Uint8Array(await suite.kem.serializePublicKey(theirs.publicKey));
    t.equal(toHex(key.publicKey), toHex(theirPublic));
    t.equal(
      toHex(hpkePrivateKeyBytes(key)),
      toHex(new Uint8Array(await suite.kem.serializePrivateKey(theirs.privateKey))),
    );
    for (const length of [0, 1, 15, 16, 96, 4192]) {
      const plaintext = crypto.getRandomValues(new Uint8Array(length));
      const info = crypto.getRandomValues(new Uint8Array(28));
      const aad = crypto.getRandomValues(new Uint8Array(61));
      const sender = await suite.createSenderContext({
        recipientPublicKey: theirs.publicKey,
        info: info.buffer,
      });
      const ciphertext = new Uint8Array(await sender.seal(plaintext.buffer, aad.buffer));
      const opened = hpkeOpen({ aead, key, enc: new Uint8Array(sender.enc), info, aad, ciphertext });
      t.equal(toHex(opened), toHex(plaintext), `${length} bytes`);
    }
  });
}

void t.test("opens what the SDK seals, into a buffer of its own", async (t) => {
  const key = generateHpkeKeyPair();
  const secret = crypto.getRandomValues(new Uint8Array(96));
  const message = parseSealedMessage(await seal(key.publicKey, CONTEXT, secret));
  t.same(message.keyId, key.id);
  const opened = openSealed(key, message, CONTEXT);
  t.equal(toHex(opened), toHex(secret));
  t.equal(opened.buffer.byteLength, opened.length);
  t.equal(opened.byteOffset, 0);
});

void t.test("refuses another key, context or message", async (t) => {
  const key = generateHpkeKeyPair();
  const secret = new Uint8Array(96).fill(7);
  const message = parseSealedMessage(await seal(key.publicKey, CONTEXT, secret));
  const refuses = (what: string, altered: Partial<SealedMessage>, context = CONTEXT, by = key) =>
    t.throws(() => openSealed(by, { ...message, ...altered }, context), SealOpenError, what);

  refuses("another key", {}, CONTEXT, generateHpkeKeyPair());
  refuses("another purpose", {}, { ...CONTEXT, purpose: "vaultproof share1 v1" });
  refuses("another time", {}, share2Context({ slotId: "slot", appId: "app", expiresAt: 1_790_000_001 }));
  refuses("no ciphertext", { ciphertext: new Uint8Array(0) });
  refuses("a tag alone", { ciphertext: message.ciphertext.slice(-16) });
  refuses("a short encapsulated key", { enc: message.enc.slice(1) });
  refuses("the point of order 1", { enc: new Uint8Array(32) });
  refuses("the point 1", { enc: hex(`01${"00".repeat(31)}`) });
  for (const [name, bytes] of [
    ["enc", message.enc],
    ["ciphertext", message.ciphertext],
  ] as const) {
    for (let i = 0; i < bytes.length; i++) {
      const altered = bytes.slice();
      altered[i] = (altered[i] ?? 0) ^ 1;
      refuses(`${name} byte ${i}`, { [name]: altered });
    }
  }
});

void t.test("raw private keys survive a round trip", (t) => {
  const key = generateHpkeKeyPair();
  const raw = hpkePrivateKeyBytes(key);
  t.equal(raw.buffer.byteLength, 32);
  t.same(hpkePrivateKeyFromBytes(raw).publicKey, key.publicKey);
  t.throws(() => hpkePrivateKeyFromBytes(raw.slice(1)), RangeError);
  t.throws(() => deriveHpkeKeyPair(new Uint8Array(31)), RangeError);
  t.end();
});
