import { createCipheriv, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { be, developerKeyText, digest, fieldHex, hkdf, number, seeded, sha256, xor } from "./encodings.js";

export const SLOT = "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d";
export const OTHER_SLOT = "b1c2d3e4-f506-4718-a92b-3c4d5e6f7081";

export function ed25519(seed: Buffer) {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  return { publicKey, sign: (message: Buffer) => sign(null, message, privateKey) };
}

/** Text of a developer key and everything that is derived from it. */
export function developerKeys() {
  const secrets = [Buffer.alloc(32), Buffer.alloc(32, 0xff), seeded("developer key", 32)];
  const message = Buffer.from("a message");
  const accepted = secrets.flatMap((secret) =>
    ["live", "test"].map((kind) => {
      const identity = ed25519(hkdf(secret, "", "vaultproof developer identity v1", 32));
      return {
        kind,
        secret: secret.toString("hex"),
        text: developerKeyText(kind, secret),
        identity: identity.publicKey.toString("hex"),
        fingerprint: sha256(identity.publicKey).toString("base64url"),
        message: message.toString("hex"),
        signature: identity.sign(message).toString("hex"),
        slotSecrets: [SLOT, OTHER_SLOT].map((slotId) => ({
          slotId,
          slotSecret: fieldHex(number(hkdf(secret, slotId, "vaultproof slot secret v1", 31))),
        })),
      };
    }),
  );
  const text = developerKeyText("live", seeded("developer key", 32));
  const refused = [
    { text: text.replace("live", "test"), why: "the check digits cover the kind" },
    { text: text.slice(0, -1), why: "cut" },
    { text: `${text}0`, why: "surplus" },
    { text: `${text}\n`, why: "a line break behind" },
    { text: text.toUpperCase(), why: "upper case" },
    { text: text.replace("vp_live_", "vp_prod_"), why: "unknown kind" },
    { text: text.replace("vp_", "sk_"), why: "another prefix" },
    { text: "", why: "empty" },
  ];
  return { accepted, refused };
}

/** A provider key as it is split: with its length, padded, and bound to slot, owner and destination. */
export function recordOf(about: {
  key: Buffer;
  slotId: string;
  developerPublicKey: Buffer;
  destination: Buffer;
}): Buffer {
  const { key, slotId, developerPublicKey, destination } = about;
  const head = Buffer.concat([be(1, 1), be(key.length, 2), key]);
  const body = Buffer.concat([head, Buffer.alloc((64 - (head.length % 64)) % 64)]);
  return Buffer.concat([body, digest("vaultproof record v1", slotId, developerPublicKey, destination, body)]);
}

/** The record of a key, and share 1 for a given share 2. */
export function records() {
  const lengths = [1, 60, 61, 62, 125, 126, 164, 4096];
  return lengths.map((length) => {
    const key = Buffer.from(seeded(`provider key ${length}`, length).map((byte) => 0x21 + (byte % 94)));
    const developerPublicKey = seeded(`developer ${length}`, 32);
    const destination = seeded(`destination ${length}`, 32);
    const record = recordOf({ key, slotId: SLOT, developerPublicKey, destination });
    const share2 = seeded(`share 2 ${length}`, record.length);
    return {
      key: key.toString("latin1"),
      slotId: SLOT,
      developerPublicKey: developerPublicKey.toString("hex"),
      destination: destination.toString("hex"),
      record: record.toString("hex"),
      share2: share2.toString("hex"),
      share1: xor(record, share2).toString("hex"),
    };
  });
}

/** Share 2 encrypted for the device, salt and nonce given. */
export function sharesAtRest() {
  return [96, 4192].map((length) => {
    const secret = seeded("developer key", 32);
    const [salt, iv] = [seeded(`salt ${length}`, 32), seeded(`iv ${length}`, 12)];
    const share2 = seeded(`share 2 at rest ${length}`, length);
    const key = hkdf(secret, salt, "vaultproof share2 at rest v1", 32);
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(SLOT));
    const ciphertext = Buffer.concat([cipher.update(share2), cipher.final(), cipher.getAuthTag()]);
    return {
      developerKey: developerKeyText("live", secret),
      slotId: SLOT,
      share2: share2.toString("hex"),
      sealed: Buffer.concat([be(1, 1), salt, iv, ciphertext]).toString("hex"),
    };
  });
}

/** The document that says who the server is, as it is signed. */
export function wellKnown(jcs: (value: unknown) => string) {
  const identity = ed25519(seeded("server identity", 32));
  const document = {
    transportKeys: [1790000000, 1790086400].map((notAfter) => ({
      publicKey: seeded(`transport ${notAfter}`, 32).toString("base64url"),
      notAfter,
    })),
    identity: identity.publicKey.toString("base64url"),
    storageKey: seeded("storage", 32).toString("base64url"),
    circuit: {
      program: seeded("program", 32).toString("hex"),
      verificationKey: seeded("verification key", 32).toString("hex"),
    },
    crs: { points: 1025, g1: seeded("g1", 32).toString("hex"), g2: seeded("g2", 32).toString("hex") },
    notAfter: 1790003600,
    aMemberOfALaterVersion: { b: 1, a: "\u20ac" },
  };
  const signingInput = Buffer.from(`vaultproof well-known v1\0${jcs(document)}`);
  return {
    fingerprint: sha256(identity.publicKey).toString("base64url"),
    document: { ...document, signature: identity.sign(signingInput).toString("base64") },
    signingInput: signingInput.toString("hex"),
  };
}
