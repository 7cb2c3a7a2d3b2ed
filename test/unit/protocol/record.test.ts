import t from "tap";
import {
  isShareLength,
  MAX_KEY_BYTES,
  rebuildKey,
  recordLength,
  RecordError,
  splitKey,
  type RecordBinding,
} from "@vaultproof/protocol/record";
import { digest } from "@vaultproof/protocol/framing";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";

const vectors = readVectors("records.json").map((vector) => ({
  key: new Uint8Array(Buffer.from(vector.key, "latin1")),
  record: bytes(vector.record),
  share1: bytes(vector.share1),
  share2: bytes(vector.share2),
  binding: {
    slotId: vector.slotId,
    developerPublicKey: bytes(vector.developerPublicKey),
    destination: bytes(vector.destination),
  } satisfies RecordBinding,
}));
const sample = vectors[1];
if (sample === undefined) throw new Error("the vectors hold records");

void t.test("record and shares are those of the vectors", (t) => {
  for (const { key, record, share1, share2, binding } of vectors) {
    const shares = splitKey(key, binding, (random) => random.set(share2));
    t.equal(hex(shares.share1), hex(share1), `${key.length} bytes`);
    t.equal(hex(shares.share2), hex(share2));
    t.equal(recordLength(key.length), record.length);
    const first = share1.slice();
    const rebuilt = rebuildKey(first, share2, binding);
    t.equal(hex(rebuilt), hex(key));
    t.equal(hex(first), hex(record), "rebuilt in place");
    t.equal(rebuilt.buffer, first.buffer, "the key exists once");
  }
  t.end();
});

void t.test("keys that cannot be stored are refused by length and by byte", (t) => {
  const split = (key: Uint8Array) => splitKey(key, sample.binding, (random) => random.fill(7));
  for (const length of [0, MAX_KEY_BYTES + 1, 65536 + 5]) {
    t.throws(() => split(new Uint8Array(length).fill(0x41)), RecordError, `${length} bytes`);
  }
  for (let byte = 0; byte < 256; byte++) {
    const key = new Uint8Array([0x41, byte, 0x41]);
    if (byte >= 0x21 && byte <= 0x7e) t.ok(split(key));
    else t.throws(() => split(key), RecordError, `byte ${byte}`);
  }
  t.end();
});

void t.test("a random source that fills nothing, or too late, stores nothing", (t) => {
  const never = () => undefined;
  const late = (random: Uint8Array) => void Promise.resolve().then(() => random.fill(7));
  t.throws(() => splitKey(sample.key, sample.binding, never), RecordError);
  t.throws(() => splitKey(sample.key, sample.binding, late), RecordError);
  t.end();
});

void t.test("shares of any length that no record has are refused before anything is touched", (t) => {
  const lengths = new Set(Array.from({ length: MAX_KEY_BYTES }, (_, i) => recordLength(i + 1)));
  t.equal(lengths.size, 65);
  for (let length = 0; length <= recordLength(MAX_KEY_BYTES) + 200; length++) {
    if (isShareLength(length) !== lengths.has(length)) t.fail(`length ${length}`);
  }
  const { share1, share2, binding } = sample;
  for (const [first, second] of [
    [share1, share2.slice(1)],
    [share1.slice(64), share2],
    [share1.slice(1), share2.slice(1)],
    [new Uint8Array(0), new Uint8Array(0)],
  ] as const) {
    const before = hex(first);
    t.throws(() => rebuildKey(first, second, binding), RecordError);
    t.equal(hex(first), before);
  }
  t.end();
});

void t.test("a record whose digest is right but whose layout is not is refused", (t) => {
  const { binding } = sample;
  const { slotId, developerPublicKey, destination } = binding;
  const rebuild = (change: (body: Uint8Array) => void, blocks = 1) => {
    const body = new Uint8Array(64 * blocks);
    body.set([1, 0, 5, 0x41, 0x42, 0x43, 0x44, 0x45]);
    change(body);
    const seal = digest("vaultproof record v1", slotId, developerPublicKey, destination, body);
    const record = new Uint8Array([...body, ...seal]);
    return rebuildKey(record, new Uint8Array(record.length), binding);
  };
  t.equal(Buffer.from(rebuild(() => undefined)).toString(), "ABCDE");
  const wrong: [string, (body: Uint8Array) => void, number?][] = [
    ["version 0", (body) => body.set([0])],
    ["version 2", (body) => body.set([2])],
    ["length 0", (body) => body.set([0, 0], 1)],
    ["a shorter length: the rest is not padding", (body) => body.set([0, 4], 1)],
    ["a length beyond the block", (body) => body.set([0, 62], 1)],
    ["a length far beyond", (body) => body.set([0xff, 0xff], 1)],
    ["padding that is not zero", (body) => body.set([1], 63)],
    ["a space in the key", (body) => body.set([0x20], 4)],
    ["a line break in the key", (body) => body.set([0x0a], 4)],
    ["a block more than needed", () => undefined, 2],
  ];
  for (const [why, change, blocks] of wrong) t.throws(() => rebuild(change, blocks), RecordError, why);
  t.end();
});

void t.test("no refusal holds a byte of key or share", (t) => {
  const secret = "sk-secret-of-the-test";
  const key = new Uint8Array(Buffer.from(`${secret} `));
  try {
    splitKey(key, sample.binding, (random) => random.fill(7));
    t.fail("accepted a space");
  } catch (error) {
    t.notMatch(String((error as Error).stack), secret);
  }
  t.end();
});
