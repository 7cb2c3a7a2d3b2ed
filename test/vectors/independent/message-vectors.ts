import { be, digest, fieldHex, frame, number, P, seeded, sha256, type Part } from "./encodings.js";
import { deriveKeyPair, keyPairFromPrivate, sealWith } from "./hpke.js";
import { SLOT } from "./key-vectors.js";

/** Whole sealed messages, the ephemeral key given; both purposes that a client seals for. */
export function sealedMessages() {
  const recipient = deriveKeyPair(seeded("recipient", 32));
  const keyId = sha256(recipient.publicKey).subarray(0, 8);
  const developerPublicKey = seeded("developer", 32);
  const destination = seeded("destination", 32);
  const about = [
    {
      purpose: "vaultproof share1 v1",
      context: { slotId: SLOT, slotVersion: 3 },
      aad: frame(SLOT, be(3, 8), developerPublicKey, destination),
    },
    {
      purpose: "vaultproof share2 v1",
      context: { slotId: SLOT, appId: "my-app", expiresAt: 1790000000 },
      aad: frame(SLOT, "my-app", be(1790000000, 8)),
    },
  ];
  return {
    recipient: {
      ikm: seeded("recipient", 32).toString("hex"),
      privateKey: recipient.privateKey.toString("hex"),
      publicKey: recipient.publicKey.toString("hex"),
      keyId: keyId.toString("hex"),
    },
    developerPublicKey: developerPublicKey.toString("hex"),
    destination: destination.toString("hex"),
    messages: about.map(({ purpose, context, aad }) => {
      const ephemeral = keyPairFromPrivate(seeded(`ephemeral ${purpose}`, 32));
      const plaintext = seeded(`plaintext ${purpose}`, 96);
      const info = Buffer.concat([Buffer.from(purpose), keyId]);
      const ciphertext = sealWith(ephemeral, recipient.publicKey, { info, aad, plaintext });
      return {
        purpose,
        context,
        info: info.toString("hex"),
        aad: aad.toString("hex"),
        plaintext: plaintext.toString("hex"),
        message: `0x${Buffer.concat([keyId, ephemeral.publicKey, ciphertext]).toString("hex")}`,
      };
    }),
    refused: [
      { text: "", why: "empty" },
      { text: "0x", why: "no bytes" },
      { text: `0x${"ab".repeat(55)}`, why: "shorter than key id, enc and tag" },
      { text: "ab".repeat(56), why: "no 0x" },
      { text: `0X${"ab".repeat(56)}`, why: "0X" },
      { text: `0x${"AB".repeat(56)}`, why: "upper case" },
      { text: `0x${"ab".repeat(56)}a`, why: "half a byte" },
      { text: `0x${"ab".repeat(56)}\n`, why: "a line break behind" },
    ],
  };
}

interface BundleMembers {
  readonly version: number;
  readonly parts: readonly Part[];
  readonly surplus?: Buffer;
}

function bundleText({ version, parts, surplus = Buffer.alloc(0) }: BundleMembers): string {
  const body = Buffer.concat([be(version, 1), frame(...parts), surplus]);
  const checksum = digest("vaultproof bundle checksum v1", body).subarray(0, 8);
  return `vpb_${Buffer.concat([body, checksum]).toString("base64url")}`;
}

/** Bundles as text, and texts with a right checksum that still are none. */
export function bundles() {
  const members = {
    serverIdentity: sha256("server identity").toString("base64url"),
    slotId: SLOT,
    slotVersion: 2,
    providerOrigin: "https://api.openai.com",
    appId: "my-app",
    slotSecret: fieldHex(number(seeded("slot secret", 31))),
    appSecret: fieldHex(P - 1n),
    share2: seeded("bundle share", 160).toString("hex"),
  };
  const good: Part[] = [
    members.serverIdentity,
    members.slotId,
    be(members.slotVersion, 8),
    members.providerOrigin,
    members.appId,
    Buffer.from(members.slotSecret, "hex"),
    Buffer.from(members.appSecret, "hex"),
    Buffer.from(members.share2, "hex"),
  ];
  const text = bundleText({ version: 1, parts: good });
  const bad = (why: string, place: number, part: Part) => ({
    text: bundleText({ version: 1, parts: good.map((old, i) => (i === place ? part : old)) }),
    why,
  });
  const refused = [
    { text: bundleText({ version: 2, parts: good }), why: "another version" },
    { text: bundleText({ version: 1, parts: good.slice(0, -1) }), why: "a part is missing" },
    { text: bundleText({ version: 1, parts: [...good, ""] }), why: "a part too many" },
    { text: bundleText({ version: 1, parts: good, surplus: be(0, 1) }), why: "a surplus byte" },
    {
      text: bundleText({ version: 1, parts: good, surplus: be(0xffffffff, 4) }),
      why: "a part longer than the text",
    },
    bad("a short fingerprint", 0, members.serverIdentity.slice(1)),
    bad("a slot id in upper case", 1, SLOT.toUpperCase()),
    bad("a version of 4 bytes", 2, be(2, 4)),
    bad("version 0", 2, be(0, 8)),
    bad("a version that a double does not hold", 2, be((1n << 53n) + 1n, 8)),
    bad("an origin with a path", 3, "https://api.openai.com/"),
    bad("an origin in upper case", 3, "https://API.openai.com"),
    bad("an app id with a space", 4, "my app"),
    bad("a slot secret of p", 5, be(P, 32)),
    bad("an app secret of 31 bytes", 6, Buffer.alloc(31)),
    bad("text that is not UTF-8", 4, Buffer.from([0xff])),
    bad("a byte order mark", 4, "\ufeffmy-app"),
    bad("a share of a length that no share has", 7, Buffer.alloc(100)),
    { text: text.replace("vpb_", "vpc_"), why: "another prefix" },
    { text: `${text}=`, why: "padding" },
    { text: `${text}A`, why: "a surplus character" },
    { text: "vpb_", why: "nothing" },
    { text: "", why: "empty" },
  ];
  return { accepted: [{ ...members, text }], refused };
}
