import { randomFillSync } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  MAX_KEY_BYTES,
  rebuildKey,
  recordLength,
  RecordError,
  splitKey,
  type RecordBinding,
} from "@vaultproof/protocol/record";

const random = (bytes: Uint8Array): void => void randomFillSync(bytes);

const keyOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length, min: 0x21, max: 0x7e });

const digestOf = fc.uint8Array({ minLength: 32, maxLength: 32 });

const binding: fc.Arbitrary<RecordBinding> = fc.record({
  slotId: fc.uuid({ version: 4 }),
  developerPublicKey: digestOf,
  destination: digestOf,
});

const fixedBinding: RecordBinding = {
  slotId: "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d",
  developerPublicKey: new Uint8Array(32).fill(1),
  destination: new Uint8Array(32).fill(2),
};

function rebuilds(share1: Uint8Array, share2: Uint8Array, to: RecordBinding): boolean {
  try {
    rebuildKey(share1.slice(), share2, to);
    return true;
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}

void t.test("every length from 1 to 4,096 splits and rebuilds", (t) => {
  for (let length = 1; length <= MAX_KEY_BYTES; length++) {
    const [key] = fc.sample(keyOf(length), { numRuns: 1, seed: length });
    if (key === undefined) throw new Error("a sample");
    const { share1, share2 } = splitKey(key, fixedBinding, random);
    const expected = Buffer.from(key);
    const sizes = share1.length === recordLength(length) && share2.length === share1.length;
    if (!sizes || !expected.equals(rebuildKey(share1, share2, fixedBinding))) t.fail(`length ${length}`);
  }
  t.pass("all of them");
  t.end();
});

void t.test("any key, owner, slot and destination rebuild; splitting changes nothing of its input", (t) => {
  const key = fc.integer({ min: 1, max: MAX_KEY_BYTES }).chain(keyOf);
  fc.assert(
    fc.property(key, binding, (key, binding) => {
      const before = Buffer.from(key);
      const { share1, share2 } = splitKey(key, binding, random);
      const [kept1, kept2] = [Buffer.from(share1), Buffer.from(share2)];
      const rebuilt = rebuildKey(share1, share2, binding);
      // Share 1 XOR share 2 is the record, so that either is the mask of the other.
      return (
        before.equals(key) &&
        before.equals(rebuilt) &&
        kept2.equals(share2) &&
        rebuilds(kept2, kept1, binding)
      );
    }),
    { numRuns: 200 },
  );
  t.end();
});

void t.test("every changed bit of either share is an error", (t) => {
  const key = new Uint8Array(Buffer.from("sk-a-key-of-some-forty-bytes-0123456789"));
  const { share1, share2 } = splitKey(key, fixedBinding, random);
  t.ok(rebuilds(share1, share2, fixedBinding));
  for (const share of [share1, share2]) {
    for (let bit = 0; bit < 8 * share.length; bit++) {
      const mask = 1 << (bit & 7);
      share[bit >> 3] = (share[bit >> 3] ?? 0) ^ mask;
      if (rebuilds(share1, share2, fixedBinding))
        t.fail(`bit ${bit} of ${share === share1 ? "share 1" : "share 2"}`);
      share[bit >> 3] = (share[bit >> 3] ?? 0) ^ mask;
    }
  }
  t.ok(rebuilds(share1, share2, fixedBinding), "all bits are back");
  t.end();
});

void t.test("of other keys, sampled bits, and any change to several", (t) => {
  const changed = fc.record({
    key: fc.integer({ min: 1, max: MAX_KEY_BYTES }).chain(keyOf),
    first: fc.boolean(),
    changes: fc.uniqueArray(fc.record({ place: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 8,
      selector: ({ place }) => place % 96,
    }),
  });
  fc.assert(
    fc.property(changed, ({ key, first, changes }) => {
      const { share1, share2 } = splitKey(key, fixedBinding, random);
      const share = first ? share1 : share2;
      for (const { place, mask } of changes) share[place % 96] = (share[place % 96] ?? 0) ^ mask;
      return !rebuilds(share1, share2, fixedBinding);
    }),
    { numRuns: 300 },
  );
  t.end();
});

void t.test("another owner, slot or destination, and the share of another split, are errors", (t) => {
  fc.assert(
    fc.property(keyOf(51), binding, binding, (key, binding, other) => {
      const { share1, share2 } = splitKey(key, binding, random);
      const again = splitKey(key, binding, random);
      return (
        rebuilds(share1, share2, binding) &&
        !rebuilds(share1, share2, { ...binding, slotId: other.slotId }) &&
        !rebuilds(share1, share2, { ...binding, developerPublicKey: other.developerPublicKey }) &&
        !rebuilds(share1, share2, { ...binding, destination: other.destination }) &&
        !rebuilds(share1, again.share2, binding) &&
        !rebuilds(again.share1, share2, binding)
      );
    }),
    // Two bindings that agree in a member would be no counter-example.
    { numRuns: 200, examples: [] },
  );
  t.end();
});
