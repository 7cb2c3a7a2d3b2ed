import fc from "fast-check";
import { isInRange, readIpRange } from "@vaultproof/server/proxy/ip-range";
import t from "tap";

function isIn(address: string, entry: string): boolean {
  const read = readIpRange(entry);
  if ("problem" in read) throw new Error(read.problem);
  return isInRange(address, read.range);
}

const v4Text = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
const v6Text = (value: bigint) =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");

/** Says of addresses near a range whether its first bits are the range's: arithmetic, no parser. */
function matchesItsFirstBits(width: number, write: (value: bigint) => string): void {
  const value = fc.bigInt({ min: 0n, max: 2n ** BigInt(width) - 1n });
  const about = fc.record({
    base: value,
    other: value,
    bits: fc.integer({ min: 0, max: width }),
    flip: fc.nat(width),
  });
  fc.assert(
    fc.property(about, ({ base, other, bits, flip }) => {
      const free = BigInt(width - bits);
      const network = (base >> free) << free;
      const entry = `${write(network)}/${bits}`;
      const near = flip === width ? base : base ^ (1n << BigInt(flip));
      for (const address of [network, base, near, other]) {
        if (isIn(write(address), entry) !== (address >> free === network >> free)) return false;
      }
      return base === network || "problem" in readIpRange(`${write(base)}/${bits}`);
    }),
    { numRuns: 500 },
  );
}

void t.test("a range takes the addresses that begin as it does, and no other", (t) => {
  matchesItsFirstBits(32, v4Text);
  matchesItsFirstBits(128, (value) =>
    // The sixteenth of all addresses that IPv4 is mapped into is another test's.
    v6Text(value >> 32n === 0xffffn ? value ^ (1n << 127n) : value),
  );
  t.pass();
  t.end();
});

void t.test("IPv4-mapped IPv6 is the IPv4 that it means, on both sides", (t) => {
  t.ok(isIn("::ffff:10.1.2.3", "10.0.0.0/8"));
  t.ok(isIn("::ffff:a01:203", "10.0.0.0/8"));
  t.ok(isIn("10.1.2.3", "::ffff:10.0.0.0/104"));
  t.ok(isIn("10.1.2.3", "::ffff:10.1.2.3"));
  t.notOk(isIn("11.1.2.3", "::ffff:10.0.0.0/104"));
  t.notOk(isIn("::10.1.2.3", "10.0.0.0/8"), "the old compatible form means no IPv4");
  t.match(readIpRange("::10.1.2.3"), { problem: /neither/ });
  t.notOk(isIn("10.1.2.3", "::/0"), "a range is of one family");
  t.end();
});

void t.test("what is no range says so, with what would be right", (t) => {
  for (const entry of [
    ...["", "/", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8"],
    ...["127.1", "010.0.0.1", "0x7f.0.0.1", "2130706433", "256.0.0.1", "10.0.0.1 ", "fe80::1%eth0", "::/129"],
    ...["[::1]", ":::", "1.2.3.4:80", "*", "10.*", "localhost"],
  ]) {
    t.match(readIpRange(entry), { problem: /neither an address nor a CIDR range/ }, entry);
  }
  t.same(readIpRange("10.1.2.3/8"), {
    problem: "10.1.2.3/8 has bits set behind its prefix; the range is 10.0.0.0/8",
  });
  t.same(readIpRange("2001:db8::1/32"), {
    problem: "2001:db8::1/32 has bits set behind its prefix; the range is 2001:db8::/32",
  });
  t.notOk(isInRange("unknown", rangeOf("0.0.0.0/0")));
  t.end();
});

function rangeOf(entry: string) {
  const read = readIpRange(entry);
  if ("problem" in read) throw new Error(read.problem);
  return read.range;
}
