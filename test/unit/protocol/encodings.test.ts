import t from "tap";
import {
  EncodingError,
  fromBase64,
  fromBase64Url,
  fromHex,
  toBase64,
  toBase64Url,
} from "@vaultproof/protocol/encoding";
import {
  FIELD_MODULUS,
  FieldEncodingError,
  fieldFromBytes,
  fieldFromHex,
  fieldToBytes,
  fieldToHex,
} from "@vaultproof/protocol/field";
import { bytesToField, digest, framed, uint64be } from "@vaultproof/protocol/framing";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";

void t.test("field elements have one spelling", (t) => {
  const { accepted, refused } = readVectors("fields.json");
  for (const { value, hex: text } of accepted) {
    t.equal(fieldToHex(BigInt(value)), text);
    t.equal(fieldFromHex(text), BigInt(value));
    t.equal(hex(fieldToBytes(BigInt(value))), text);
    t.equal(fieldFromBytes(bytes(text)), BigInt(value));
  }
  for (const { hex: text, why } of refused) t.throws(() => fieldFromHex(text), FieldEncodingError, why);
  for (const value of [-1n, FIELD_MODULUS, 1n << 256n]) {
    t.throws(() => fieldToHex(value), FieldEncodingError);
    t.throws(() => fieldToBytes(value), FieldEncodingError);
  }
  for (const length of [0, 31, 33]) {
    t.throws(() => fieldFromBytes(new Uint8Array(length)), FieldEncodingError);
  }
  t.end();
});

void t.test("digests and fields of framed parts are those of the vectors", (t) => {
  const cases = readVectors("digests.json");
  for (const { domain, parts, ...expected } of cases) {
    const given = parts.map((part) => part.text ?? bytes(part.hex ?? ""));
    t.strictSame(
      {
        framed: hex(framed(...given)),
        digest: hex(digest(domain, ...given)),
        field: fieldToHex(bytesToField(domain, ...given)),
      },
      expected,
    );
  }
  // "abc" as text and as bytes is the one pair that agrees.
  t.equal(new Set(cases.map(({ digest }) => digest)).size, cases.length - 1);
  t.end();
});

void t.test("64-bit integers do not wrap", (t) => {
  t.equal(hex(uint64be(0)), "0000000000000000");
  t.equal(hex(uint64be(Number.MAX_SAFE_INTEGER)), "001fffffffffffff");
  t.equal(hex(uint64be((1n << 64n) - 1n)), "ffffffffffffffff");
  for (const value of [-1, 1.5, NaN, 1n << 64n, -1n]) t.throws(() => uint64be(value), RangeError);
  t.end();
});

void t.test("text without a UTF-8 form is not hashed as another text", (t) => {
  t.equal(hex(digest("d", "\ufffd")), hex(digest("d", bytes("efbfbd"))));
  t.throws(() => digest("d", "\ud800"), RangeError);
  t.throws(() => bytesToField("d", "a\udc00"), RangeError);
  t.throws(() => framed("\ud800"), RangeError);
  t.end();
});

void t.test("base64 and hexadecimal have one spelling", (t) => {
  const samples = ["", "00", "fb", "fbff", "fbfffe", "00".repeat(100)].map(bytes);
  for (const sample of samples) {
    const expected = Buffer.from(sample);
    t.equal(toBase64(sample), expected.toString("base64"));
    t.equal(toBase64Url(sample), expected.toString("base64url"));
    t.same(fromBase64(toBase64(sample)), sample);
    t.same(fromBase64Url(toBase64Url(sample)), sample);
    t.same(fromHex(hex(sample)), sample);
  }
  const notBase64 = [
    "+/8",
    "+/9=",
    "-_8=",
    "+/8==",
    "+/8=\n",
    " +/8=",
    "+/\n8=",
    "A",
    "A===",
    "=",
    "AA=A",
    "\u00e9AAA",
  ];
  for (const text of notBase64) t.throws(() => fromBase64(text), EncodingError, JSON.stringify(text));
  const notBase64Url = ["-_8=", "+/8", "-_9", "A", "-_8\n", " -_8", "\u00e9AAA"];
  for (const text of notBase64Url) t.throws(() => fromBase64Url(text), EncodingError, JSON.stringify(text));
  for (const text of ["0", "0x00", "AB", "0g", "00 ", "00\n", "\uff10\uff10"]) {
    t.throws(() => fromHex(text), EncodingError, JSON.stringify(text));
  }
  t.end();
});

void t.test("a refusal does not quote what it refuses", (t) => {
  const secret = "c2VjcmV0LXNlY3JldA";
  for (const read of [
    () => fromBase64(`${secret}*`),
    () => fromBase64Url(`${secret}*`),
    () => fromHex(secret),
  ]) {
    const error = thrownBy(read);
    t.notMatch(`${error.message} ${String(error.cause)} ${error.stack ?? ""}`, secret);
  }
  t.end();
});

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
