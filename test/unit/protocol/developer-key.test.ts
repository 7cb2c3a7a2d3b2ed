import { inspect } from "node:util";
import t from "tap";
import {
  appSecretFromBytes,
  deriveDeveloperIdentity,
  deriveKey,
  deriveSlotSecret,
  DeveloperKeyError,
  formatDeveloperKey,
  parseDeveloperKey,
  verifyEd25519,
} from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { fieldToHex } from "@vaultproof/protocol/field";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";
import { developerKeyText } from "../../vectors/independent/encodings.js";

const { accepted, refused } = readVectors("developer-keys.json");
const sample = accepted[4];
if (sample === undefined) throw new Error("the vectors hold six keys");

void t.test("text, identity, fingerprint and slot secrets are those of the vectors", (t) => {
  for (const vector of accepted) {
    const key = parseDeveloperKey(vector.text);
    const identity = deriveDeveloperIdentity(key);
    t.equal(key.kind, vector.kind);
    t.equal(hex(key.secret), vector.secret);
    t.equal(formatDeveloperKey(key.kind, key.secret), vector.text);
    t.equal(hex(identity.publicKey), vector.identity);
    t.equal(keyFingerprint(identity.publicKey), vector.fingerprint);
    t.equal(hex(identity.sign(bytes(vector.message))), vector.signature);
    for (const { slotId, slotSecret } of vector.slotSecrets) {
      t.equal(fieldToHex(deriveSlotSecret(key, slotId)), slotSecret);
    }
  }
  t.end();
});

void t.test("another text is no developer key, and the refusal does not quote it", (t) => {
  for (const { text, why } of refused) {
    t.throws(() => parseDeveloperKey(text), DeveloperKeyError, why);
    try {
      parseDeveloperKey(text);
    } catch (error) {
      if (text !== "") t.notOk((error as Error).message.includes(text));
    }
  }
  t.throws(() => formatDeveloperKey("live", new Uint8Array(31)), DeveloperKeyError);
  t.throws(() => formatDeveloperKey("live", new Uint8Array(33)), DeveloperKeyError);
  t.end();
});

void t.test("one mistyped character, or two swapped, is refused, whichever it is", (t) => {
  const { text } = sample;
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let tried = 0;
  for (let place = 0; place < text.length; place++) {
    for (const digit of digits) {
      if (digit === text[place]) continue;
      tried++;
      const mistyped = text.slice(0, place) + digit + text.slice(place + 1);
      // 3,500 tries at 1 in 62^6 each: a deterministic set, none of which collides.
      if (accepts(mistyped)) t.fail(`accepted with another character at ${place}`);
    }
    const swapped =
      text.slice(0, place) + (text[place + 1] ?? "") + (text[place] ?? "") + text.slice(place + 2);
    if (swapped !== text && accepts(swapped)) t.fail(`accepted with ${place} and its neighbour swapped`);
  }
  t.ok(tried > 3400);
  t.end();
});

void t.test("43 digits above 2^256 are refused although their check digits are right", (t) => {
  const [zero] = accepted;
  t.equal(zero?.text, developerKeyText("live", Buffer.alloc(32)), "33 bytes go through the same writer");
  const largest = Buffer.from((62n ** 43n - 1n).toString(16).padStart(66, "0"), "hex");
  const aboveAll = Buffer.from((1n << 256n).toString(16).padStart(66, "0"), "hex");
  for (const secret of [largest, aboveAll]) {
    t.throws(() => parseDeveloperKey(developerKeyText("live", secret)), {
      message: "the developer key is out of range",
    });
  }
  t.end();
});

void t.test("signatures are checked strictly and never throw", (t) => {
  const { identity, message, signature } = sample;
  t.ok(verifyEd25519(bytes(identity), bytes(message), bytes(signature)));
  const s = BigInt(`0x${Buffer.from(bytes(signature).slice(32)).reverse().toString("hex")}`);
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const malleated = Buffer.from((s + order).toString(16).padStart(64, "0"), "hex")
    .reverse()
    .toString("hex");
  const bad = [
    { identity, message, signature: signature.slice(0, 64) + malleated, why: "s + the group's order" },
    { identity, message: `${message}00`, signature, why: "another message" },
    { identity: accepted[0]?.identity ?? "", message, signature, why: "another key" },
    { identity, message, signature: signature.slice(2), why: "a short signature" },
    { identity: identity.slice(2), message, signature, why: "a short key" },
    { identity: "ff".repeat(32), message, signature, why: "not a point" },
    {
      identity: `01${"00".repeat(31)}`,
      message,
      signature: `01${"00".repeat(63)}`,
      why: "the neutral element",
    },
    { identity, message, signature: "", why: "no signature" },
  ];
  for (const { why, ...rest } of bad) {
    t.notOk(verifyEd25519(bytes(rest.identity), bytes(rest.message), bytes(rest.signature)), why);
  }
  t.end();
});

void t.test("keys for different uses differ", (t) => {
  const key = parseDeveloperKey(sample.text);
  const derived = ["a", "b"].flatMap((info) =>
    [bytes("00"), bytes("01")].map((salt) => hex(deriveKey(key, { salt, info, length: 32 }))),
  );
  t.equal(new Set(derived).size, 4);
  t.end();
});

void t.test("an app secret is 31 bytes read big-endian", (t) => {
  t.equal(appSecretFromBytes(bytes(`${"00".repeat(29)}0102`)), 258n);
  t.equal(appSecretFromBytes(bytes("ff".repeat(31))), (1n << 248n) - 1n);
  for (const length of [0, 30, 32]) t.throws(() => appSecretFromBytes(new Uint8Array(length)), RangeError);
  t.end();
});

void t.test("a parsed key cannot be printed", (t) => {
  const key = parseDeveloperKey(sample.text);
  t.equal(JSON.stringify({ key }), '{"key":"[vp_live_ key]"}');
  t.equal(inspect(key), "[vp_live_ key]");
  t.equal(inspect({ key }), "{ key: [vp_live_ key] }");
  t.strictSame(Object.keys(key), ["kind", "secret"]);
  t.end();
});

function accepts(text: string): boolean {
  try {
    parseDeveloperKey(text);
    return true;
  } catch {
    return false;
  }
}
