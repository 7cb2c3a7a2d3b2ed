import { createPrivateKey, createPublicKey, sign, type JsonWebKey } from "node:crypto";
import { be, frame, seeded } from "./encodings.js";
import { SLOT } from "./key-vectors.js";

interface Signed {
  readonly appId: string;
  readonly subject: string;
  readonly expiresAt: number;
  readonly keyVersion: string;
}

/** PKCS #8 around the 32 bytes of an Ed25519 key (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

// RSA's key and ECDSA's signature are random: made once, by Node, over the messages below.
const RSA = {
  jwk: {
    kty: "RSA",
    n: "j3MyfGbpFjs-xaZF8G5pNfz1aX6xI2X5jW-ggW9TuXpZDReXhnflkUTqmmGaBSlbLAIBVnRGW3DFzdP-_tuf3XoSfii3EIHt4o9RS6B5NX7Dj7yK6VDDyzQA5bRwTl03HsPdiU01iaB6_Dx228vi1z8D99C5aaSEIYoG0xBziS505C9khC7Hlq0X3qOFb_pc-X93N112vIKDBmBYyF-4dr4hUZvpmsnbDvqznASRB8nA1FHBz1kl0d9hfTg6-S_5dQWpo2UlRmHk2slZ_uwnBp3E_qoPMkMGNGFCjZ7RDMT70aXaZ-tCqFeu8QHH0lnaUo2-___nTr23ShixIZrFQw",
    e: "AQAB",
  },
  signature:
    "M5sZ32qUfU5oL1K3mdEzBMl0U7dfn0wvjHZLGU6d-yjwGVK7mcDeLnH_c774vb8x0Y86Oz-vnDw-BVJjwE7UokpMXhbh8H7BQc9LSva1EBioIRMBxV4CLXa8C-hWHIIeZOdv3uHw3PFchNExzAjye0Y8wkY2CGG2SOb1aTE-_QNwzaSY6jAiFm3AuO1ag4E3dRn5ik_va4Yb3AFgP_boNor3wp5y_o7S8EQk-Z4a1eRJEIQ01stBOZg_yCV-VQc6Sl3YyCIitO9V-ixcuYui2Lwr0X6XHKYOK1MAMczKTEVptn7PO60kBt68drqRAvdt44dt5BJmSe29w1zvCEM60A",
};
const EC = {
  jwk: {
    kty: "EC",
    crv: "P-256",
    x: "UlS9xjusS9wtKfF12gY5uXlIEYApAEbgYQ0lR7fLpUE",
    y: "nNeO-_gXlw9Lx3btNZ1DX3pu2zXUCgzsij2PcW_x69A",
  },
  signature: "WV9UEkEOh1l2TNuBZZS323QEQsDiO8XqifHf7z0uFa5FrzjANwEe7Jc3rJdvVK0q2ZQAYPT8BODPpX2VKmyOow",
};

/** Id signatures of each algorithm, and texts that are none. */
export function idSignatures() {
  const expiresAt = 1790000000;
  const rsa = { appId: "my-app", subject: "user-42", expiresAt, keyVersion: "rsa.1" };
  const ec = { appId: "my-app", subject: "użytkownik 😀", expiresAt, keyVersion: "ec-1" };
  const ed = { appId: "a:b", subject: "\ufeffuser", expiresAt: 1, keyVersion: "2026.11_1" };
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8, seeded("identity key", 32)]),
    format: "der",
    type: "pkcs8",
  });
  const edSignature = sign(null, messageOf(ed), privateKey).toString("base64url");
  const accepted = [
    vector("RS256", rsa, RSA),
    vector("ES256", ec, EC),
    vector("EdDSA", ed, {
      jwk: createPublicKey(privateKey).export({ format: "jwk" }),
      signature: edSignature,
    }),
  ];
  const subject = Buffer.from("user-42").toString("base64url");
  const text = (...parts: (string | number)[]): string => parts.join(".");
  const refused = [
    { text: "", why: "empty" },
    { text: text("v1", "1", expiresAt, subject), why: "a part is missing" },
    { text: text("v1", "1", expiresAt, subject, "AA", ""), why: "a part too many" },
    { text: text("V1", "1", expiresAt, subject, "AA"), why: "an upper-case version" },
    { text: text("v2", "1", expiresAt, subject, "AA"), why: "another version" },
    { text: text("v1", "", expiresAt, subject, "AA"), why: "no key version" },
    { text: text("v1", "a".repeat(65), expiresAt, subject, "AA"), why: "a long key version" },
    { text: text("v1", "a b", expiresAt, subject, "AA"), why: "a key version with a space" },
    { text: text("v1", "1", `0${expiresAt}`, subject, "AA"), why: "a leading zero" },
    { text: text("v1", "1", "", subject, "AA"), why: "no time" },
    { text: text("v1", "1", "-1", subject, "AA"), why: "a time before 1970" },
    { text: text("v1", "1", "1e9", subject, "AA"), why: "an exponent" },
    { text: text("v1", "1", "9007199254740992", subject, "AA"), why: "a time that a double does not hold" },
    { text: text("v1", "1", expiresAt, "", "AA"), why: "no subject" },
    { text: text("v1", "1", expiresAt, `${subject}==`, "AA"), why: "padding" },
    { text: text("v1", "1", expiresAt, "dXNlci00Mj", "AA"), why: "loose bits in the subject" },
    { text: text("v1", "1", expiresAt, "_w", "AA"), why: "a subject that is not UTF-8" },
    { text: text("v1", "1", expiresAt, "7aCA", "AA"), why: "a surrogate in UTF-8" },
    { text: text("v1", "1", expiresAt, "YQpi", "AA"), why: "a control character in the subject" },
    {
      text: text("v1", "1", expiresAt, Buffer.from("a".repeat(257)).toString("base64url"), "AA"),
      why: "a long subject",
    },
    { text: text("v1", "1", expiresAt, subject, ""), why: "no signature" },
    { text: text("v1", "1", expiresAt, subject, "A"), why: "half a byte of signature" },
    { text: text("v1", "1", expiresAt, subject, "AB"), why: "loose bits in the signature" },
    { text: text("v1", "1", expiresAt, subject, "AA+/"), why: "the other alphabet" },
    { text: `${text("v1", "1", expiresAt, subject, "AA")}\n`, why: "a line break behind" },
  ];
  return { keySlotId: SLOT, accepted, refused };
}

function messageOf({ appId, subject, expiresAt, keyVersion }: Signed): Buffer {
  const parts = frame(SLOT, appId, subject, be(expiresAt, 8), keyVersion);
  return Buffer.concat([Buffer.from("vaultproof id signature v1\0"), parts]);
}

function vector(
  algorithm: string,
  said: Signed,
  { jwk, signature }: { readonly jwk: JsonWebKey; readonly signature: string },
) {
  const { keyVersion, expiresAt, subject } = said;
  return {
    algorithm,
    ...said,
    jwk,
    message: messageOf(said).toString("hex"),
    signature: Buffer.from(signature, "base64url").toString("hex"),
    text: ["v1", keyVersion, expiresAt, Buffer.from(subject).toString("base64url"), signature].join("."),
  };
}
