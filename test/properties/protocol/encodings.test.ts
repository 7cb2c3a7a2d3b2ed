import fc from "fast-check";
import t from "tap";
import { formatBundle, parseBundle } from "@vaultproof/protocol/bundle";
import { canonicalJson, parseStrictJson } from "@vaultproof/protocol/canonical-json";
import { formatDeveloperKey, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import { FIELD_MODULUS, fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { framed } from "@vaultproof/protocol/framing";
import { recordLength } from "@vaultproof/protocol/record";
import { jcs } from "../../vectors/independent/encodings.js";

const field = fc.bigInt({ min: 0n, max: FIELD_MODULUS - 1n });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

void t.test("field elements survive, anything above does not", (t) => {
  fc.assert(fc.property(field, (value) => fieldFromHex(fieldToHex(value)) === value));
  fc.assert(
    fc.property(fc.bigInt({ min: FIELD_MODULUS, max: (1n << 256n) - 1n }), (value) => {
      t.throws(() => fieldFromHex(value.toString(16).padStart(64, "0")));
    }),
    { numRuns: 50 },
  );
  t.end();
});

void t.test("no two lists of parts are framed alike", (t) => {
  const parts = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4 });
  const text = (list: readonly Uint8Array[]): string =>
    list.map((part) => Buffer.from(part).toString("hex")).join();
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = a.length === b.length && text(a) === text(b);
      return Buffer.from(framed(...a)).equals(framed(...b)) === same;
    }),
    { numRuns: 1000 },
  );
  t.end();
});

void t.test("JSON of any value is canonical as the second implementation has it, and parses back", (t) => {
  const value = fc
    .jsonValue({ maxDepth: 5, noUnicodeString: false })
    .filter((value) => !holdsMinusZero(value));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const canonical = Buffer.from(canonicalJson(parseStrictJson(text))).toString();
      return canonical === jcs(JSON.parse(text)) && canonicalEquals(canonical);
    }),
    { numRuns: 500 },
  );
  t.end();
});

void t.test("strict JSON is a subset of JSON", (t) => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    "\\",
    "\\u0061",
    "1",
    "-",
    "0",
    ".",
    "e",
    "+",
    " ",
    "null",
    "x",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (chosen) => {
      const text = chosen.join("");
      const strict = attempt(() => parseStrictJson(text));
      const plain = attempt(() => JSON.parse(text) as unknown);
      return strict === undefined || JSON.stringify(strict) === JSON.stringify(plain);
    }),
    { numRuns: 5000 },
  );
  t.end();
});

void t.test("developer keys and bundles read back as written", (t) => {
  fc.assert(
    fc.property(fc.constantFrom("live" as const, "test" as const), bytes(32), (kind, secret) => {
      const key = parseDeveloperKey(formatDeveloperKey(kind, secret));
      return key.kind === kind && Buffer.from(secret).equals(key.secret);
    }),
  );
  const bundle = fc.record({
    serverIdentity: bytes(32).map(toBase64Url),
    slotId: fc.uuid({ version: 4 }),
    slotVersion: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    providerOrigin: fc.constantFrom("https://api.openai.com", "http://127.0.0.1:8080", "https://[::1]"),
    appId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
    slotSecret: field,
    appSecret: field,
    share2: fc.integer({ min: 1, max: 4096 }).chain((length) => bytes(recordLength(length))),
  });
  fc.assert(
    fc.property(bundle, (bundle) => {
      const share2 = new Uint8Array(bundle.share2);
      t.same(parseBundle(formatBundle({ ...bundle, share2 })), { ...bundle, share2 });
    }),
    { numRuns: 50 },
  );
  t.end();
});

function holdsMinusZero(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(holdsMinusZero);
  return Object.is(value, -0);
}

function canonicalEquals(canonical: string): boolean {
  return Buffer.from(canonicalJson(parseStrictJson(canonical))).toString() === canonical;
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return undefined;
  }
}
