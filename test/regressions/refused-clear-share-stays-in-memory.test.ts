import { randomBytes } from "node:crypto";
import { decodeBase64 } from "@vaultproof/server/proxy/read-call";
import t from "tap";

/**
 * A share in clear whose text is not canonical was decoded to find that out, and the bytes were left behind: nobody had
 * the buffer any more who could have wiped it.
 */
void t.test("what was decoded of a refused text is overwritten", (t) => {
  const share = randomBytes(95);
  const text = share.toString("base64");
  const refused = {
    "bits behind the last byte": text.replace(/.=$/, (end) => `${end.startsWith("A") ? "B" : "b"}=`),
    "a character that is no base64": `${text.slice(0, 60)}!${text.slice(61)}`,
  };
  for (const [name, altered] of Object.entries(refused)) {
    const made: Buffer[] = [];
    const alloc = t.intercept(Buffer, "alloc", {
      value: (size: number) => {
        const bytes = Buffer.from(new ArrayBuffer(size));
        made.push(bytes);
        return bytes;
      },
    });
    t.equal(decodeBase64(altered), null, name);
    alloc.restore();
    t.ok(made.length > 0, "it was decoded into a buffer of its own");
    for (const bytes of made)
      t.ok(
        bytes.every((byte) => byte === 0),
        "nothing is left in it",
      );
  }
  t.strictSame(decodeBase64(text), share);
  t.end();
});
