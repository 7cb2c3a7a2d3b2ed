import { digest, fieldHex, frame, jcs, P, toField, type Part } from "./encodings.js";

/** What a field element's text may and may not be. */
export function fields() {
  const values = [0n, 1n, 255n, 1n << 128n, 1n << 247n, (1n << 248n) - 1n, P - 2n, P - 1n];
  const one = fieldHex(1n);
  return {
    accepted: values.map((value) => ({ value: String(value), hex: fieldHex(value) })),
    refused: [
      { hex: fieldHex(P), why: "equal to p" },
      { hex: fieldHex(P + 1n), why: "p + 1, a second spelling of 1" },
      { hex: "f".repeat(64), why: "far above p" },
      { hex: `0x${one}`, why: "0x in front" },
      { hex: `0x${one.slice(2)}`, why: "0x within 64 characters" },
      { hex: fieldHex(P - 1n).toUpperCase(), why: "upper case" },
      { hex: one.slice(1), why: "63 digits" },
      { hex: `0${one}`, why: "65 digits" },
      { hex: "1", why: "not padded" },
      { hex: "", why: "empty" },
      { hex: `${one}\n`, why: "a line break behind" },
      { hex: ` ${one.slice(1)}`, why: "a space in front" },
      { hex: `-${one.slice(1)}`, why: "a sign" },
      { hex: `${one.slice(0, -1)}g`, why: "not a digit" },
      { hex: `${one.slice(0, -1)}\uff11`, why: "a full-width digit" },
    ],
  };
}

/** Digests of framed parts: text as UTF-8, or bytes given in hexadecimal. */
export function digests() {
  const cases: { domain: string; parts: { text?: string; hex?: string }[] }[] = [
    { domain: "a", parts: [] },
    { domain: "a", parts: [{ text: "" }] },
    { domain: "a", parts: [{ text: "" }, { text: "" }] },
    { domain: "", parts: [{ text: "a" }] },
    { domain: "vaultproof test v1", parts: [{ text: "ab" }, { text: "c" }] },
    { domain: "vaultproof test v1", parts: [{ text: "a" }, { text: "bc" }] },
    { domain: "vaultproof test v1", parts: [{ text: "abc" }] },
    { domain: "vaultproof test v1", parts: [{ hex: "616263" }] },
    { domain: "vaultproof test v1", parts: [{ text: "Schl\u00fcssel \ud83d\udd11" }, { hex: "00ff80" }] },
    { domain: "vaultproof test v1", parts: [{ hex: "00".repeat(1000) }] },
  ];
  return cases.map(({ domain, parts }) => {
    const bytes: Part[] = parts.map(({ text, hex }) => text ?? Buffer.from(hex ?? "", "hex"));
    return {
      domain,
      parts,
      framed: frame(...bytes).toString("hex"),
      digest: digest(domain, ...bytes).toString("hex"),
      field: fieldHex(toField(domain, ...bytes)),
    };
  });
}

/** JSON as sent, its JCS, and what must not be re-spelled. */
export function canonicalJson() {
  const accepted = [
    'null', ' true ', '"a"', '[]', '{}', '0', '-1', '1.0', '0.1', '1E+2', '1e-7', '0.000001', '1e21', '123e-2',
    '9007199254740991', '0e5', '5e-324', '1.7976931348623157e308', '-0.5',
    '{"b":1,"a":2}', '{ "a" : [ 1 , { "c" : 3 , "b" : 2 } ] }', '{"\u20ac":1,"\\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5}',
    '{"10":1,"9":2,"":3}', '"\\u0041\\/\\u000a\\u007f\\u2028"', '"\\ud83d\\udd11"', '{"__proto__":{"a":1},"constructor":2}',
    '"\\\\ud800"', '[{"a":1},{"a":1}]', '{"a":{"a":{"a":1}}}', '{"a":"a","b":"a"}',
  ]; // prettier-ignore
  const refused = [
    '{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"\\u0061":1}', '{"\\/":1,"/":1}', '{"a":[],"a":{}}', '[{"b":{"a":1,"a":1}}]',
    '{"__proto__":1,"__proto__":1}', '{"a":1 , "a"\n:1}', '{"":1,"":1}', '"\\ud800"', '"\\udc00\\ud800"', '{"\\uD83D":1}',
    '["\\ud83d","\\udd11"]', '1e400', '-1e400', '1e-400', '9007199254740993', '0.10000000000000000001', '-0', '-0.0', '[-0e3]',
    '', ' ', '{', '[1,]', '{"a":1,}', '01', '1.', '.5', '+1', '0x1', 'NaN', 'Infinity', "'a'", '"a', '"\t"', '"\\x41"',
    '[1 2]', 'nul', '{"a" 1}', '{a:1}', '1 1', '\ufeff1', '\u00a01', '"\\"',
  ]; // prettier-ignore
  return {
    accepted: accepted.map((text) => ({ text, canonical: jcs(JSON.parse(text)) })),
    refused: refused.map((text) => ({ text })),
  };
}
