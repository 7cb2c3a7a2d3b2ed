import { randomBytes } from "node:crypto";
import t from "tap";
import { createSecretSearch } from "../helpers/secret-search.js";

// A search that finds nothing proves something only if it would have found what is there.

void t.test("the search finds what is there", (t) => {
  const secret = { name: "canary", bytes: randomBytes(64) };
  const search = createSecretSearch([secret]);
  const { bytes } = secret;
  const inside = (offset: number): Buffer => Buffer.concat([randomBytes(offset), bytes, randomBytes(7)]);
  const texts = [
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    `\\x${bytes.toString("hex")}`,
    BigInt(`0x${bytes.toString("hex")}`).toString(),
    JSON.stringify(bytes),
    JSON.stringify([...bytes], null, 1).replaceAll("\n", ""),
    ...[0, 1, 2, 3, 4].flatMap((offset) => [
      inside(offset).toString("base64"),
      inside(offset).toString("base64url"),
    ]),
  ];
  const forms: Buffer[] = [
    bytes,
    Buffer.from(bytes.toString("latin1"), "utf16le"),
    Buffer.from(bytes.toString("latin1"), "utf16le").swap16(),
    ...texts.map((text) => Buffer.from(text)),
    ...texts.map((text) => Buffer.from(text, "utf16le")),
    ...texts.map((text) => Buffer.from(text, "utf16le").swap16()),
  ];
  for (const [i, form] of forms.entries()) {
    const place = Buffer.concat([randomBytes(1000), form, randomBytes(1000)]);
    t.not(search(place).length, 0, `form ${i}`);
  }
  const cut = Buffer.concat([bytes.subarray(0, 40), randomBytes(100), bytes.subarray(40)]);
  t.not(search(cut).length, 0, "cut in two");
  t.same(search(randomBytes(100_000)), [], "and nothing where nothing is");
  t.end();
});
