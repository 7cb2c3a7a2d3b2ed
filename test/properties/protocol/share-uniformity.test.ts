import { randomFillSync } from "node:crypto";
import t from "tap";
import { splitKey, type RecordBinding } from "@vaultproof/protocol/record";

// A share alone must say nothing about the key: for a fixed key its bytes are uniform, at each place and from place to
// place. Bounds are quantiles of the chi-square distribution at p < 1e-12 each (Wilson and Hilferty), so that no run in
// a lifetime fails by chance.

const SPLITS = 20_000;
const Z = 7.04; // one-sided normal quantile of 1e-12

const key = new Uint8Array(Buffer.from("sk-proj-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
const binding: RecordBinding = {
  slotId: "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d",
  developerPublicKey: new Uint8Array(32).fill(1),
  destination: new Uint8Array(32).fill(2),
};
const random = (bytes: Uint8Array): void => void randomFillSync(bytes);

/** Upper bound that a chi-square variable of `degrees` exceeds with a probability of about 1e-12. */
function bound(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + Z * Math.sqrt(spread)) ** 3;
}

function chiSquare(counts: Uint32Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Names of the tests for uniformity that samples of a share fail. */
function failures(samples: readonly Uint8Array[]): string[] {
  const length = samples[0]?.length ?? 0;
  const all = new Uint32Array(256);
  const pairs = new Uint32Array(65536);
  const places = Array.from({ length }, () => new Uint32Array(256));
  const add = (counts: Uint32Array | undefined, value: number): void => {
    if (counts) counts[value] = (counts[value] ?? 0) + 1;
  };
  for (const sample of samples) {
    sample.forEach((byte, place) => {
      add(all, byte);
      add(places[place], byte);
      if (place % 2 === 1) add(pairs, ((sample[place - 1] ?? 0) << 8) | byte);
    });
  }
  const failed: string[] = [];
  if (chiSquare(all) > bound(255)) failed.push("bytes");
  if (chiSquare(pairs) > bound(65535)) failed.push("pairs");
  if (places.some((counts) => chiSquare(counts) > bound(255))) failed.push("places");
  return failed;
}

function split(fill: (bytes: Uint8Array) => void = random): { first: Uint8Array[]; second: Uint8Array[] } {
  const shares = Array.from({ length: SPLITS }, () => splitKey(key, binding, fill));
  return { first: shares.map(({ share1 }) => share1), second: shares.map(({ share2 }) => share2) };
}

void t.test("the bounds are right", (t) => {
  // Quantiles at 1e-12, from the definition: tail(x; k) for even k is a Poisson sum.
  for (const degrees of [254, 256]) {
    const half = bound(degrees) / 2;
    let term = Math.exp(-half);
    let tail = term;
    for (let i = 1; i < degrees / 2; i++) {
      term *= half / i;
      tail += term;
    }
    t.ok(tail < 1e-11 && tail > 1e-13, `${degrees} degrees: ${tail}`);
  }
  t.end();
});

void t.test("share 1 and share 2 of one key are uniform", (t) => {
  const { first, second } = split();
  t.strictSame(failures(first), [], "share 1");
  t.strictSame(failures(second), [], "share 2");
  t.end();
});

void t.test("the same tests catch what is not uniform", (t) => {
  const { first } = split();
  const record = splitKey(key, binding, (bytes) => bytes.set([1])).share1;
  record[0] = (record[0] ?? 0) ^ 1;
  t.same(failures(first.map(() => record)), ["bytes", "pairs", "places"], "the record itself");

  const oneBit = first.map((share) => share.map((byte, place) => (place === 50 ? byte & 0x7f : byte)));
  t.ok(failures(oneBit).includes("places"), "one bit of one place");

  // A mask without zero bytes: share 1 then never shows the record's own byte.
  const noZero = split((bytes) => {
    random(bytes);
    for (let i = 0; i < bytes.length; i++) bytes[i] ||= 1;
  });
  t.ok(failures(noZero.second).includes("bytes"), "a mask without zeros");
  t.ok(failures(noZero.first).includes("places"), "share 1 under such a mask");

  const doubled = split((bytes) => {
    random(bytes);
    for (let i = 1; i < bytes.length; i += 2) bytes[i] = bytes[i - 1] ?? 0;
  });
  t.ok(failures(doubled.second).includes("pairs"), "each byte twice");
  t.end();
});
