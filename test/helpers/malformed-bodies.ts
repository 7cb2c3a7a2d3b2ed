import { gzipSync } from "node:zlib";

/** A body that no route should take, and the headers to send it with. */
export interface MalformedBody {
  readonly name: string;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const JSON_TYPE = { "content-type": "application/json" };
const WRONG_TYPES = [null, true, 0, -1, 1.5, "", "x", [], [1], {}, { a: 1 }];
const DEPTHS = [65, 10_000, 200_000];

/**
 * Everything that is wrong with a JSON object by itself, made from one that is right: members missing, of each wrong
 * type, unknown, inherited and repeated; nesting; encodings; types; cut short.
 *
 * @param valid the right body of a route.
 * @param required its members that may not be left out.
 */
export function malformedBodies(
  valid: Readonly<Record<string, unknown>>,
  required: readonly string[],
): MalformedBody[] {
  const text = JSON.stringify(valid);
  return [
    ...required.map((member) => json(`without ${member}`, without(valid, member))),
    ...required.flatMap((member) => wrongTypes(valid, member)),
    ...unknownMembers(text),
    ...nested(text),
    ...notJson(text),
    ...wrongHeaders(text),
  ];
}

function wrongTypes(valid: Readonly<Record<string, unknown>>, member: string): MalformedBody[] {
  const right = valid[member];
  return WRONG_TYPES.filter((wrong) => typeOf(wrong) !== typeOf(right)).map((wrong) =>
    json(`${member} as ${JSON.stringify(wrong)}`, { ...valid, [member]: wrong }),
  );
}

function unknownMembers(text: string): MalformedBody[] {
  const first = (member: string) => text.replace("{", `{${member},`);
  return [
    ["an unknown member", '"unknown":1'],
    ["__proto__", '"__proto__":{"admin":true}'],
    ["__proto__ as null", '"__proto__":null'],
    ["constructor", '"constructor":{"prototype":{"admin":true}}'],
    ["prototype", '"prototype":{}'],
    ["toString", '"toString":1'],
    ["hasOwnProperty", '"hasOwnProperty":1'],
    ["__proto__ in escapes", '"\\u005f\\u005fproto\\u005f\\u005f":{"admin":true}'],
    ["an empty name", '"":1'],
    ["a lone surrogate as a name", '"\\ud800":1'],
    ["a zero in a name", '"\\u0000":1'],
    ["a very long name", `"${"n".repeat(20_000)}":1`],
    ["ten thousand members", Array.from({ length: 10_000 }, (_, i) => `"m${i}":${i}`).join()],
  ].map(([name = "", member = ""]) => raw(name, first(member)));
}

function nested(text: string): MalformedBody[] {
  return DEPTHS.flatMap((depth) => [
    raw(`arrays ${depth} deep`, text.replace("{", `{"deep":${"[".repeat(depth)}${"]".repeat(depth)},`)),
    raw(`objects ${depth} deep`, text.replace("{", `{"deep":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},`)),
    raw(`${depth} brackets that never close`, "[".repeat(depth)),
  ]);
}

function notJson(text: string): MalformedBody[] {
  const bytes = Buffer.from(text);
  const broken: [name: string, body: string | Uint8Array][] = [
    ["nothing but a brace", "{"],
    ["cut in half", text.slice(0, text.length / 2)],
    ["an array", "[]"],
    ["an array of it", `[${text}]`],
    ["a string", '"x"'],
    ["a string of it", JSON.stringify(text)],
    ["a number", "1"],
    ["null", "null"],
    ["true", "true"],
    ["two objects", text + text],
    ["a trailing comma", text.replace(/\}$/, ",}")],
    ["single quotes", text.replaceAll('"', "'")],
    ["a comment", `/* hello */${text}`],
    ["not a number", '{"a":NaN}'],
    ["a number without end", `{"a":${"9".repeat(100_000)}}`],
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    [
      "invalid UTF-8",
      Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0xfe, 0xc0, 0xaf]), bytes.subarray(2)]),
    ],
    ["a cut character", Buffer.concat([bytes, Buffer.from([0xe2, 0x82])])],
    ["UTF-16", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["zeros", Buffer.alloc(1000)],
    ["noise", Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 167 + 13) % 256))],
    ["a form", "a=1&b=2"],
    ["XML", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  ];
  return broken.map(([name, body]) => raw(name, body));
}

function wrongHeaders(text: string): MalformedBody[] {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
  ];
  const bytes = Buffer.from(text);
  return [
    ...types.map((type) => ({ name: `as ${type}`, bytes, headers: { "content-type": type } })),
    { name: "without a type", bytes, headers: {} },
    {
      name: "as if it were compressed",
      bytes,
      headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    },
    { name: "in an unknown coding", bytes, headers: { ...JSON_TYPE, "content-encoding": "nonsense" } },
    {
      name: "really compressed",
      bytes: gzipSync(bytes),
      headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    },
  ];
}

function json(name: string, value: unknown): MalformedBody {
  return raw(name, JSON.stringify(value));
}

function raw(name: string, body: string | Uint8Array): MalformedBody {
  return { name, bytes: Buffer.from(body as string), headers: JSON_TYPE };
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function without(value: Readonly<Record<string, unknown>>, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));
}
