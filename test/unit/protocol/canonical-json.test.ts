import t from "tap";
import { canonicalJson, parseStrictJson, StrictJsonError } from "@vaultproof/protocol/canonical-json";
import { LIMITS } from "@vaultproof/protocol/limits";
import { readVectors } from "../../helpers/vectors.js";

const canonicalText = (value: unknown): string => Buffer.from(canonicalJson(value)).toString("utf8");

void t.test("RFC 8785, 3.2.2: its example in its canonical bytes", (t) => {
  const input = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`;
  const expected =
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
    String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`;
  t.equal(canonicalText(JSON.parse(input)), expected);
  t.throws(() => parseStrictJson(input), StrictJsonError, "333333333.33333329 would change its value");
  t.end();
});

void t.test("RFC 8785, 3.2.3: keys are sorted by their UTF-16 code units", (t) => {
  const input = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
    "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`;
  t.strictSame(Object.values(JSON.parse(canonicalText(parseStrictJson(input))) as object).length, 7);
  t.match(
    canonicalText(parseStrictJson(input)).replace(/[^:,{}]*:"/g, ""),
    /Carriage Return.*One.*Control.*Latin.*Euro.*Emoji.*Hebrew/,
  );
  t.end();
});

void t.test("RFC 8785, appendix B: numbers as ECMAScript writes them", (t) => {
  const cases: [bits: string, text: string][] = [
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555555", "333333333.3333333"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ];
  for (const [bits, text] of cases) t.equal(canonicalText(Buffer.from(bits, "hex").readDoubleBE()), text);
  for (const value of [NaN, Infinity]) t.throws(() => canonicalJson(value), StrictJsonError);
  t.end();
});

void t.test("accepted JSON has the canonical bytes of the vectors", (t) => {
  for (const { text, canonical } of readVectors("canonical-json.json").accepted) {
    const value = parseStrictJson(text);
    t.strictSame(value, JSON.parse(text), text);
    t.equal(canonicalText(value), canonical, text);
  }
  t.end();
});

void t.test("JSON that two parsers could read differently is refused", (t) => {
  for (const { text } of readVectors("canonical-json.json").refused) {
    t.throws(() => parseStrictJson(text), StrictJsonError, JSON.stringify(text));
  }
  t.end();
});

void t.test("a member called __proto__ or constructor is a plain member", (t) => {
  const value = parseStrictJson('{"__proto__":{"admin":true},"constructor":{"prototype":1}}') as object;
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.strictSame(Object.keys(value), ["__proto__", "constructor"]);
  t.equal((value as { admin?: boolean }).admin, undefined);
  t.equal(canonicalText(value), '{"__proto__":{"admin":true},"constructor":{"prototype":1}}');
  t.end();
});

void t.test("lone surrogates and values that are no JSON have no canonical bytes", (t) => {
  for (const value of ["\ud800", "a\udc00b", ["\ud83d"], { "\udfff": 1 }, "\udc00\ud800"]) {
    t.throws(() => canonicalJson(value), StrictJsonError, JSON.stringify(value));
  }
  t.equal(canonicalText("\ud83d\udd11"), '"\u{1f511}"', "a pair is a character");
  t.equal(canonicalText("\\ud800 \\\\ud800"), '"\\\\ud800 \\\\\\\\ud800"', "an escape spelled out is text");
  const circular: unknown[] = [];
  circular.push(circular);
  for (const value of [undefined, () => 1, 1n, circular])
    t.throws(() => canonicalJson(value), StrictJsonError);
  t.end();
});

void t.test("a refusal quotes nothing of the text, not even as its cause", (t) => {
  const secret = "s3cr3t-share";
  for (const text of [`{"a":"${secret}"`, secret, `{"${secret}":1,"${secret}":2}`, `["${secret}" 1e400]`]) {
    try {
      parseStrictJson(text);
      t.fail("accepted");
    } catch (error) {
      const { message, cause, stack } = error as StrictJsonError;
      t.notMatch(`${message} ${String(cause)} ${stack ?? ""}`, secret);
    }
  }
  t.end();
});

void t.test("nesting is counted outside strings only", (t) => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  const tooDeep = { name: "StrictJsonError", message: "nested too deeply" };
  t.ok(parseStrictJson(nested(LIMITS.jsonDepth)));
  t.throws(() => parseStrictJson(nested(LIMITS.jsonDepth + 1)), tooDeep);
  t.throws(() => parseStrictJson('{"a":'.repeat(LIMITS.jsonDepth + 1)), tooDeep);
  t.ok(parseStrictJson(`[${"[],{},".repeat(1000)}1]`), "siblings do not add up");
  t.ok(parseStrictJson(`["${"[".repeat(500)}"]`));
  t.ok(parseStrictJson(`["\\"${"[".repeat(500)}"]`), "an escaped quote does not close a string");
  const behind = `["\\\\",${nested(LIMITS.jsonDepth)}]`;
  t.throws(
    () => parseStrictJson(behind),
    tooDeep,
    "an escaped backslash does not escape the quote behind it",
  );
  t.throws(
    () => parseStrictJson(`"${"[".repeat(500)}`),
    { message: "not JSON" },
    "a string that never closes",
  );
  t.end();
});

void t.test("what is small as text and large as values is refused before it is built", (t) => {
  const deep = "[".repeat(LIMITS.jsonDepth + 1) + "]".repeat(LIMITS.jsonDepth + 1);
  t.throws(() => parseStrictJson(deep), StrictJsonError);
  t.strictSame(parseStrictJson(deep.slice(1, -1)), JSON.parse(deep.slice(1, -1)));
  const values = (count: number): string => `[${"0,".repeat(count - 1)}0]`;
  t.equal((parseStrictJson(values(LIMITS.jsonValues)) as unknown[]).length, LIMITS.jsonValues);
  t.throws(() => parseStrictJson(values(LIMITS.jsonValues + 1)), StrictJsonError);
  t.end();
});

void t.test("hostile megabytes overflow neither stack nor pattern", (t) => {
  const megabytes = 4 * 1024 * 1024;
  t.equal((parseStrictJson(`"${"a".repeat(megabytes)}"`) as string).length, megabytes);
  t.equal((parseStrictJson(`"${"\\\\".repeat(megabytes)}"`) as string).length, megabytes);
  t.equal(canonicalJson("\\".repeat(megabytes)).length, 2 * megabytes + 2);
  for (const text of [
    "[".repeat(megabytes),
    `1${"0".repeat(megabytes)}`,
    `"${"\\".repeat(megabytes)}`,
    '"'.repeat(megabytes),
  ]) {
    t.throws(() => parseStrictJson(text), StrictJsonError);
  }
  t.end();
});
