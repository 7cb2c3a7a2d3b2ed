import type { webcrypto } from "node:crypto";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import t from "tap";
import { parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { seal } from "@vaultproof/protocol/seal";
import {
  formatSealedMessage,
  parseSealedBytes,
  parseSealedMessage,
  SealedMessageError,
  sealedMessageBytes,
  sealingInfo,
  sealingKeyId,
  share1Context,
  share2Context,
  type SealingContext,
} from "@vaultproof/protocol/sealed-message";
import { hpkePrivateKeyFromBytes, openSealed } from "@vaultproof/server/keys/hpke-open";
import {
  openAtRest,
  openShareAtRest,
  sealAtRest,
  ShareAtRestError,
  sealShareAtRest,
} from "@vaultproof/protocol/share-at-rest";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";
import { openWith } from "../../vectors/independent/hpke.js";

const vectors = readVectors("sealed-messages.json");
const recipient = {
  privateKey: Buffer.from(vectors.recipient.privateKey, "hex"),
  publicKey: Buffer.from(vectors.recipient.publicKey, "hex"),
};
const slotId = vectors.messages[0]?.context.slotId ?? "";
const developerPublicKey = bytes(vectors.developerPublicKey);
const destination = bytes(vectors.destination);
const contexts = [
  share1Context({ slotId, slotVersion: 3, developerPublicKey, destination }),
  share2Context({ slotId, appId: "my-app", expiresAt: 1790000000 }),
];

function open(text: string, context: SealingContext): Buffer {
  const { keyId, enc, ciphertext } = parseSealedMessage(text);
  const info = sealingInfo(context.purpose, keyId);
  return openWith(recipient, { enc, ciphertext, info, aad: context.aad });
}

void t.test("key id, info, aad and layout are those of the vectors", (t) => {
  t.equal(hex(sealingKeyId(recipient.publicKey)), vectors.recipient.keyId);
  for (const [i, vector] of vectors.messages.entries()) {
    const context = contexts[i];
    if (context === undefined) throw new Error("a context for each message");
    const message = parseSealedMessage(vector.message);
    t.equal(context.purpose, vector.purpose);
    t.equal(hex(context.aad), vector.aad);
    t.equal(hex(message.keyId), vectors.recipient.keyId);
    t.equal(hex(sealingInfo(context.purpose, message.keyId)), vector.info);
    t.equal(formatSealedMessage(message), vector.message);
    t.same(parseSealedBytes(sealedMessageBytes(vector.message)), message);
    t.equal(hex(open(vector.message, context)), vector.plaintext);
  }
  t.end();
});

void t.test("a kept HPKE library opens what the independent implementation sealed", async (t) => {
  const kem = new DhkemX25519HkdfSha256();
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const recipientKey = (await kem.deserializePrivateKey(
    new Uint8Array(recipient.privateKey).buffer,
  )) as webcrypto.CryptoKey;
  const derived = (await kem.deriveKeyPair(bytes(vectors.recipient.ikm).buffer)) as webcrypto.CryptoKeyPair;
  t.equal(hex(new Uint8Array(await kem.serializePublicKey(derived.publicKey))), vectors.recipient.publicKey);
  for (const { message, info, aad, plaintext } of vectors.messages) {
    const { enc, ciphertext } = parseSealedMessage(message);
    const context = await suite.createRecipientContext({
      recipientKey,
      enc: enc.buffer,
      info: bytes(info).buffer,
    });
    t.equal(hex(new Uint8Array(await context.open(ciphertext.buffer, bytes(aad).buffer))), plaintext);
  }
});

void t.test("the server opens what the independent implementation and the SDK sealed", async (t) => {
  const key = hpkePrivateKeyFromBytes(recipient.privateKey);
  t.equal(hex(key.id), vectors.recipient.keyId);
  for (const [i, { message, plaintext }] of vectors.messages.entries()) {
    const context = contexts[i];
    if (context === undefined) throw new Error("a context for each message");
    t.equal(hex(openSealed(key, parseSealedMessage(message), context)), plaintext);
    const sealed = await seal(key.publicKey, context, bytes(plaintext));
    t.equal(hex(openSealed(key, parseSealedMessage(sealed), context)), plaintext);
  }
});

void t.test("what is sealed opens on node:crypto, for this purpose and context only", async (t) => {
  const secret = Buffer.from("a share inside a larger buffer");
  const view = new Uint8Array(secret.buffer, secret.byteOffset + 2, 5);
  for (const context of contexts) {
    const text = await seal(recipient.publicKey, context, view);
    t.match(text, /^0x[0-9a-f]+$/);
    t.equal(text.length, 2 + 2 * (8 + 32 + 5 + 16));
    t.equal(open(text, context).toString(), "share");
    for (const other of contexts) {
      if (other === context) continue;
      t.throws(() => open(text, other));
      t.throws(() => open(text, { purpose: context.purpose, aad: other.aad }));
      t.throws(() => open(text, { purpose: other.purpose, aad: context.aad }));
    }
    for (let place = 2; place < text.length; place++) {
      const digit = text[place] === "0" ? "1" : "0";
      const changed = text.slice(0, place) + digit + text.slice(place + 1);
      if (opens(changed, context)) t.fail(`opens with another digit at ${place}`);
    }
    t.not(await seal(recipient.publicKey, context, view), text, "never the same twice");
  }
  t.equal(secret.toString(), "a share inside a larger buffer", "the caller's bytes are left alone");
});

void t.test("each member of a context counts", (t) => {
  const share1 = { slotId, slotVersion: 3, developerPublicKey, destination };
  const share2 = { slotId, appId: "my-app", expiresAt: 1790000000 };
  const aads = [
    share1Context(share1),
    share1Context({ ...share1, slotId: "x" }),
    share1Context({ ...share1, slotVersion: 4 }),
    share1Context({ ...share1, developerPublicKey: destination }),
    share1Context({ ...share1, destination: developerPublicKey }),
    share2Context(share2),
    share2Context({ ...share2, slotId: "x" }),
    share2Context({ ...share2, appId: "x" }),
    share2Context({ ...share2, expiresAt: 1 }),
  ].map(({ aad }) => hex(aad));
  t.equal(new Set(aads).size, aads.length);
  t.end();
});

void t.test("other texts are no sealed messages", async (t) => {
  for (const { text, why } of vectors.refused) {
    t.throws(() => parseSealedMessage(text), SealedMessageError, why);
  }
  const context = contexts[0];
  if (context === undefined) throw new Error("a context");
  const lowOrder = [new Uint8Array(32), bytes(`01${"00".repeat(31)}`)];
  for (const publicKey of [...lowOrder, new Uint8Array(31), new Uint8Array(33).fill(9)]) {
    await t.rejects(seal(publicKey, context, new Uint8Array(4)), "a public key that shares no secret");
  }
});

void t.test("shares at rest have the layout of the vectors", async (t) => {
  for (const { developerKey, slotId: slot, share2, sealed } of readVectors("shares-at-rest.json")) {
    const key = parseDeveloperKey(developerKey);
    t.equal(hex(await openShareAtRest(key, slot, bytes(sealed))), share2);
    const again = await sealShareAtRest(key, slot, bytes(share2));
    t.equal(again.length, sealed.length / 2);
    t.not(hex(again), sealed, "salt and nonce are fresh");
    t.equal(hex(await openShareAtRest(key, slot, again)), share2);
  }
});

void t.test("a share at rest opens for its key, slot and purpose only, and whole", async (t) => {
  const [vector] = readVectors("shares-at-rest.json");
  if (vector === undefined) throw new Error("the vectors hold shares at rest");
  const key = parseDeveloperKey(vector.developerKey);
  const sealed = bytes(vector.sealed);
  const refused = (attempt: Promise<unknown>, why: string) => t.rejects(attempt, ShareAtRestError, why);
  const otherKey = { kind: key.kind, secret: new Uint8Array(32) };
  await refused(openShareAtRest(otherKey, vector.slotId, sealed), "another key");
  await refused(openShareAtRest(key, vector.slotId.replace("3", "4"), sealed), "another slot");
  await refused(openAtRest(key, { info: "other", aad: vector.slotId }, sealed), "another purpose");
  for (let cut = 0; cut < sealed.length; cut += 7) {
    await refused(openShareAtRest(key, vector.slotId, sealed.slice(0, cut)), `cut to ${cut}`);
  }
  for (let place = 0; place < sealed.length; place++) {
    const flipped = sealed.slice();
    flipped[place] = (flipped[place] ?? 0) ^ 1;
    await refused(openShareAtRest(key, vector.slotId, flipped), `byte ${place}`);
  }
  await refused(openShareAtRest(key, vector.slotId, new Uint8Array([...sealed, 0])), "a surplus byte");
  const state = { info: "state", aad: "file" };
  t.equal(hex(await openAtRest(key, state, await sealAtRest(key, state, bytes("")))), "", "nothing at all");
});

function opens(text: string, context: SealingContext): boolean {
  try {
    open(text, context);
    return true;
  } catch {
    return false;
  }
}
