import { randomBytes } from "node:crypto";
import t from "tap";
import { containsKey } from "vaultproof/demo/key-search";
import { shortenHex, showJson } from "vaultproof/demo/shorten";

void t.test("long hex loses its middle and keeps its ends and its true length", (t) => {
  const hex = `0x${"ab".repeat(1000)}`;
  t.equal(shortenHex(hex), "0xababababababab…(2,002 characters)…abababababababab");
  const { text, shortened } = showJson({ share1_encrypted: hex });
  t.ok(shortened);
  t.match(text, "0xababababababab…(2,002 characters)…abababababababab");
  t.end();
});

void t.test("everything else is shown exactly as sent", (t) => {
  const sent = {
    commitment: "a".repeat(64),
    text: "zz ".repeat(100),
    apps: [{ appId: "x", n: 1 }],
    none: null,
  };
  const { text, shortened } = showJson(sent);
  t.notOk(shortened);
  t.same(JSON.parse(text), sent);
  t.end();
});

void t.test("a key is found as text, in hex of either case, and in base64 at every offset", (t) => {
  const key = `sk-${randomBytes(24).toString("base64url")}`;
  const hex = Buffer.from(key).toString("hex");
  t.ok(containsKey(`{"apiKey":"${key}"}`, key));
  t.ok(containsKey(`0x00${hex}ff`, key));
  t.ok(containsKey(hex.toUpperCase(), key));
  for (const before of [0, 1, 2, 3, 4, 5]) {
    for (const after of [0, 1, 2]) {
      const bytes = Buffer.concat([randomBytes(before), Buffer.from(key), randomBytes(after)]);
      t.ok(containsKey(bytes.toString("base64"), key), `base64, ${before} bytes before, ${after} after`);
      t.ok(
        containsKey(bytes.toString("base64url"), key),
        `base64url, ${before} bytes before, ${after} after`,
      );
    }
  }
  t.end();
});

void t.test("another key's encodings are not taken for it", (t) => {
  const key = `sk-${randomBytes(24).toString("hex")}`;
  const other = `sk-${randomBytes(24).toString("hex")}`;
  const bytes = Buffer.from(other);
  const text = [other, bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url")].join(
    " ",
  );
  t.notOk(containsKey(text, key));
  t.end();
});
