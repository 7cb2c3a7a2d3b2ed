import { decodeBase64 } from "@vaultproof/server/proxy/read-call";
import t from "tap";

void t.test("base64 in its one spelling is decoded", (t) => {
  for (const text of ["", "QQ==", "QUI=", "QUJD", "+/+/"]) {
    t.strictSame(decodeBase64(text), Buffer.from(text, "base64"), JSON.stringify(text));
  }
  t.end();
});

void t.test("any other spelling is refused", (t) => {
  const refused = [
    ["no padding", "QQ"],
    ["padding within", "QQ==QUJD"],
    ["padding alone", "===="],
    ["bits behind the last byte", "QR=="],
    ["bits behind the last byte, two bytes", "QUJ="],
    ["URL-safe", "-_-_"],
    ["a blank", "QUJ DQUJ"],
    ["a line break", "QUJD\nQUJ"],
    ["a character whose low byte is a letter of base64", "Q\u0155JDQUJDQUJD"],
    ["one whose low byte is a slash", "QUJ\u2f2fQUJD"],
    ["Latin-1", "Q\u00e9JD"],
  ] as const;
  for (const [what, text] of refused) t.equal(decodeBase64(text), null, what);
  t.end();
});
