import { inspect } from "node:util";
import t from "tap";
import { BundleError, formatBundle, parseBundle, type AppBundle } from "@vaultproof/protocol/bundle";
import { FieldEncodingError, fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";

const { accepted, refused } = readVectors("bundles.json");
const [vector] = accepted;
if (vector === undefined) throw new Error("the vectors hold a bundle");
const bundle: AppBundle = {
  ...vector,
  slotSecret: fieldFromHex(vector.slotSecret),
  appSecret: fieldFromHex(vector.appSecret),
  share2: bytes(vector.share2),
};

void t.test("a bundle is that of the vectors, both ways", (t) => {
  t.equal(formatBundle(bundle), vector.text);
  for (const text of [vector.text, `  ${vector.text}\n`]) {
    const { slotSecret, appSecret, share2, ...rest } = parseBundle(text);
    t.strictSame(
      {
        ...rest,
        slotSecret: fieldToHex(slotSecret),
        appSecret: fieldToHex(appSecret),
        share2: hex(share2),
        text: vector.text,
      },
      vector,
    );
  }
  t.end();
});

void t.test("what is not a bundle is refused and not quoted", (t) => {
  for (const { text, why } of refused) {
    t.throws(() => parseBundle(text), BundleError, why);
    const error = thrownBy(() => parseBundle(text));
    if (text.length > 8) t.notOk(`${error.stack ?? ""}${String(error.cause)}`.includes(text.slice(4)), why);
  }
  t.end();
});

void t.test("every cut, every flipped bit and every other character is refused", (t) => {
  for (let length = 0; length < vector.text.length; length++) {
    if (accepts(vector.text.slice(0, length))) t.fail(`cut to ${length}`);
    if (accepts(vector.text.slice(0, length) + vector.text.slice(length + 1))) t.fail(`without ${length}`);
  }
  const raw = Buffer.from(vector.text.slice(4), "base64url");
  for (let bit = 0; bit < 8 * raw.length; bit++) {
    const flipped = Buffer.from(raw);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (accepts(`vpb_${flipped.toString("base64url")}`)) t.fail(`bit ${bit}`);
  }
  for (const place of [0, 3, 4, 100, vector.text.length - 1]) {
    for (const other of [" ", "\n", "=", "+", "/", "\u00e9", "\u0000"]) {
      const text = vector.text.slice(0, place) + other + vector.text.slice(place + 1);
      // White space at the end is no part of the text; here it stands in place of the last character.
      if (accepts(text)) t.fail(`${JSON.stringify(other)} at ${place}`);
    }
  }
  t.ok(accepts(vector.text));
  t.end();
});

void t.test("nothing is written that could not be read", (t) => {
  const wrong: Partial<AppBundle>[] = [
    { serverIdentity: "" },
    { slotId: "slot" },
    { slotVersion: 0 },
    { slotVersion: 1.5 },
    { slotVersion: 2 ** 53 },
    { providerOrigin: "https://api.openai.com/v1" },
    { providerOrigin: "" },
    { appId: "" },
    { appId: "a".repeat(129) },
    { share2: new Uint8Array(0) },
  ];
  for (const member of wrong) t.throws(() => formatBundle({ ...bundle, ...member }), BundleError);
  t.throws(() => formatBundle({ ...bundle, slotSecret: 1n << 255n }), FieldEncodingError);
  t.end();
});

void t.test("a parsed bundle cannot be printed", (t) => {
  const parsed = parseBundle(vector.text);
  t.equal(JSON.stringify([parsed]), '["[app bundle]"]');
  t.equal(inspect({ parsed }), "{ parsed: [app bundle] }");
  t.end();
});

function accepts(text: string): boolean {
  try {
    parseBundle(text);
    return true;
  } catch (error) {
    if (error instanceof BundleError) return false;
    throw error;
  }
}

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
