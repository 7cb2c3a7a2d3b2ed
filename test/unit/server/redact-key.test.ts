import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createKeyRedaction, RedactionError } from "@vaultproof/server/upstream/redact-key";
import { redactBody, redactHeaders } from "@vaultproof/server/upstream/redact-answer";
import t from "tap";

const ODD_KEY = `sk-"a\\b/c+d=e&f<g>h'i%j$k{l}m~n!o@p:q;r,s?t#`;
const KEYS = ["sk-proj-abcDEF_0123456789", ODD_KEY, "a".repeat(40), "12345678", "k9".repeat(2048)];

/** What software makes of a key, each by the platform's own encoder where there is one. */
function spellings(key: string): Record<string, string> {
  const bytes = Buffer.from(key, "latin1");
  const hex = bytes.toString("hex");
  const uri = encodeURIComponent(key);
  const escapeAll = (prefix: string): string => hex.replace(/../g, (pair) => prefix + pair);
  return {
    raw: key,
    hex,
    "upper-case hex": hex.toUpperCase(),
    encodeURIComponent: uri,
    "lower-case percent": uri.replace(/%../g, (code) => code.toLowerCase()),
    encodeURI: encodeURI(key),
    "a form": new URLSearchParams({ k: key }).toString().slice(2),
    "RFC 3986": uri.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    "percent, every byte": escapeAll("%"),
    "percent, every byte, upper case": escapeAll("%").toUpperCase(),
    "percent, all but letters and digits": key.replace(
      /[^A-Za-z0-9]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
    JSON: JSON.stringify(key).slice(1, -1),
    "JSON with \\/": JSON.stringify(key).slice(1, -1).replaceAll("/", "\\/"),
    "JSON for HTML": JSON.stringify(key)
      .slice(1, -1)
      .replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    "JSON, every byte": escapeAll("\\u00"),
  };
}

/** The middle of base64 that the key alone decides, as a text that holds it has it. */
function base64Spellings(key: string): Record<string, { text: string; hidden: string }> {
  return Object.fromEntries(
    ["", "x", "xy", "xyz:"].flatMap((before) =>
      (["base64", "base64url"] as const).map((encoding) => {
        const text = Buffer.from(`${before}${key}:after`, "latin1").toString(encoding);
        const first = Math.ceil((before.length * 8) / 6);
        const hidden = text.slice(first, Math.floor(((before.length + key.length) * 8) / 6));
        return [`${encoding} behind ${before.length} bytes`, { text, hidden }];
      }),
    ),
  );
}

const redacted = (length: number): string => "[redacted]".padEnd(length, "*").slice(0, length);

async function redact(key: string, pieces: readonly (string | Buffer)[]): Promise<string> {
  const redaction = createKeyRedaction(Buffer.from(key, "latin1"));
  const body = Readable.from(pieces.map((piece) => Buffer.from(piece as string, "latin1")));
  return (await buffer(redactBody(body, redaction))).toString("latin1");
}

/** Cut into pieces of these lengths, over and over. */
function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

for (const key of KEYS) {
  void t.test(`every spelling of ${key.slice(0, 24)} (${key.length} bytes) is replaced`, async (t) => {
    for (const [name, text] of Object.entries(spellings(key))) {
      const body = `{"a":"${text}","b":1} ${text}${text}\n${text}`;
      const wanted = body.replaceAll(text, redacted(text.length));
      const small = key.length > 100 ? [] : [[1], [7], [3, 1, 200]];
      for (const lengths of [[body.length], [640], ...small]) {
        const got = await redact(key, cut(body, lengths));
        t.ok(got === wanted, `${name}, in pieces of ${lengths.join()}`);
      }
    }
    for (const [name, { text, hidden }] of Object.entries(base64Spellings(key))) {
      for (const [where, body] of Object.entries({
        text,
        "JSON with \\/": text.replaceAll("/", "\\/"),
        "a URL": encodeURIComponent(text),
      })) {
        const got = await redact(key, cut(body, [5]));
        t.equal(got.length, body.length, name);
        const plain = Buffer.from(decodeURIComponent(got.replaceAll("\\/", "/")), "base64").toString(
          "latin1",
        );
        t.notOk(got.includes(hidden) || plain.includes(key), `${name}, in ${where}`);
        t.ok(got.includes("[redacte"), `${name}, in ${where}: marked`);
      }
    }
  });
}

void t.test("every place at which a key can be cut in two", async (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  for (const text of [key, Buffer.from(`id:${key}`).toString("base64"), Buffer.from(key).toString("hex")]) {
    const body = `before ${text} after`;
    const whole = await redact(key, [body]);
    t.match(whole, "[redacted]");
    for (let at = 1; at < body.length; at++) {
      t.equal(await redact(key, [body.slice(0, at), body.slice(at)]), whole, `cut at ${at}`);
    }
  }
});

void t.test("pieces that a key came in do not hold it afterwards", async (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  const pieces = [`a ${key} sk-proj-abc`, "DEF_012", "3456789 b"].map((text) => Buffer.from(text));
  const body = redactBody(Readable.from([...pieces]), createKeyRedaction(Buffer.from(key)));
  t.equal(String(await buffer(body)), `a ${redacted(key.length)} ${redacted(key.length)} b`);
  for (const piece of pieces) t.notMatch(piece.toString(), /sk-|DEF_|456789/);
});

void t.test("nothing but the key is replaced", async (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  const near = [
    key.slice(0, -1),
    key.slice(1),
    `${key.slice(0, -1)}8`,
    `${key.slice(0, 12)}-${key.slice(13)}`,
    key.toUpperCase(),
    Buffer.from(key).toString("hex").slice(0, -1),
    key.slice(0, 10).repeat(20),
    "sk-p",
    "sk-",
  ];
  for (const text of near) t.equal(await redact(key, cut(`${text} ${text}`, [4])), `${text} ${text}`, text);
  const noise = randomBytes(1 << 20).toString("latin1");
  t.ok((await redact(key, cut(noise, [65_536]))) === noise, "a megabyte of noise");
  const sameStart = Array.from({ length: 5000 }, () => `sk-proj-${randomBytes(18).toString("base64url")}`);
  const list = sameStart.join("\n");
  t.ok((await redact(key, cut(list, [1000]))) === list, "other keys of the same kind");
  const suffixes = randomBytes(3_200_000).toString("base64url");
  const alike = Array.from(
    { length: 200_000 },
    (_, i) => `sk-proj-abc${suffixes.slice(i * 14, i * 14 + 14)}`,
  );
  const many = alike.join("\n");
  t.ok(
    (await redact(key, cut(many, [65_536]))) === many,
    "so many that their short checks must fall together",
  );
  for (const short of ["k", "sk-1234"]) {
    const text = `a ${short} of ${short}`;
    t.equal(await redact(short, [text]), text, "a key shorter than 8 bytes is no secret");
  }
});

void t.test("only what may be the beginning of a spelling waits", (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  const settled = (text: string): number => {
    const redaction = createKeyRedaction(Buffer.from(key));
    return redaction.redact(Buffer.from(text, "latin1"), false) - text.length;
  };
  for (const text of [
    "first",
    "data: {}\n\n",
    "hello sk-proj-abc\n",
    `${key}\n`,
    key,
    "",
    `${key.slice(0, 9)}!é`,
  ]) {
    t.equal(settled(text), 0, `${JSON.stringify(text)} passes at once`);
  }
  for (let length = 1; length < key.length; length++) {
    t.equal(settled(`data: ${key.slice(0, length)}`), -length, `${length} bytes of the key wait`);
  }
  t.equal(settled(`${key.slice(0, 10)}${key.slice(0, 5)}`), -15, "as long as it may be one");
  t.equal(settled(`${key.slice(0, 10)} ${key.slice(0, 5)}`), -5, "another byte releases it");
  t.end();
});

void t.test("what waited comes out when the answer ends, or breaks off with its error", async (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  t.equal(await redact(key, ["a sk-proj-abc"]), "a sk-proj-abc");
  t.equal(await redact(key, []), "");
  const broken = new Readable({ read: () => undefined });
  broken.push("a sk-pr");
  const body = redactBody(broken, createKeyRedaction(Buffer.from(key)));
  body.once("data", () => broken.destroy(new Error("reset")));
  await t.rejects(buffer(body), { message: "reset" });
  const left = new Readable({ read: () => undefined });
  const unread = redactBody(left, createKeyRedaction(Buffer.from(key)));
  const closed = new Promise((resolve) => left.once("close", resolve));
  unread.on("error", () => undefined).destroy();
  await closed;
  t.ok(left.destroyed, "whoever leaves ends the provider's body too");
});

void t.test("an answer made to take long is broken off", async (t) => {
  const key = `${"a".repeat(4095)}b`;
  await t.rejects(redact(key, cut("a".repeat(1 << 20), [65_536])), RedactionError);
  const nearMisses = `${"a".repeat(4094)} `.repeat(100);
  await t.rejects(redact(key, [nearMisses]), RedactionError, "also one that never comes to a whole spelling");
  const bytes = Array.from({ length: 4000 }, () => "a");
  await t.rejects(redact(key, bytes), RedactionError, "nor are bytes paid for that come again");
  t.equal((await redact(`${"a".repeat(49)}b`, ["a".repeat(1 << 16)])).length, 1 << 16, "not a likely one");
});

void t.test("what every key's spelling begins with is not taken for a beginning of the key", async (t) => {
  for (const length of [40, 164, 4096]) {
    const key = `sk-proj-${randomBytes(length).toString("base64url").slice(8, length)}`;
    for (const text of ["\\u0000", "\\u001B", "%00", "%E2%82%AC", "\\u00e9\\u00"].map((unit) =>
      unit.repeat(1 << 15),
    )) {
      t.equal(await redact(key, cut(text, [65_536])), text, `${text.slice(0, 12)} and a key of ${length}`);
    }
  }
});

void t.test("headers hold no spelling of the key either", (t) => {
  const key = "sk-proj-abcDEF_0123456789";
  const redaction = createKeyRedaction(Buffer.from(key));
  const base64 = Buffer.from(`id:${key}`).toString("base64");
  const got = redactHeaders(
    {
      "content-type": "text/plain",
      "x-request-id": `for Bearer ${key}!`,
      etag: `"${encodeURIComponent(key)}"`,
      "openai-key": [base64, "b"],
      [`x-ratelimit-${key}`]: "1",
      "cache-control": "sk-proj-",
    },
    redaction,
  );
  t.same(Object.keys(got), ["content-type", "x-request-id", "etag", "openai-key", "cache-control"]);
  t.equal(got["x-request-id"], `for Bearer ${redacted(key.length)}!`);
  t.equal(got.etag, `"${redacted(key.length)}"`);
  t.notMatch(Buffer.from(got["openai-key"]?.[0] ?? "", "base64").toString(), key);
  t.equal(got["openai-key"]?.[1], "b");
  t.equal(got["cache-control"], "sk-proj-");
  t.end();
});
