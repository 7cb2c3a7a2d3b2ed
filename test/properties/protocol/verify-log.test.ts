import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import { readLogCsv, writeLogCsv } from "@vaultproof/protocol/log-csv";
import { signLogPoint, type LogPoint } from "@vaultproof/protocol/log-head";
import { BROKEN_CHAIN_HASH, LOG_ROW_MEMBERS, logRowHash, type LogRow } from "@vaultproof/protocol/log-row";
import { verifyLog } from "@vaultproof/protocol/verify-log";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import { chainOf } from "../../helpers/log-stage.js";

const CHAIN = "slot:3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d";
const OTHER = "slot:b1c2d3e4-f506-4718-a92b-3c4d5e6f7081";
const identity = createServerIdentity(randomBytes(32));
const stranger = createServerIdentity(randomBytes(32));
const serverIdentity = identity.fingerprint;
const LENGTH = 12;
const hex32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));

const pointAt = (row: LogRow): LogPoint => ({ chain: row.chain, seq: row.seq, hash: row.hash, at: row.at });
const headOf = (rows: readonly LogRow[]) => signLogPoint("head", pointAt(rowAt(rows, rows.length)), identity);
function rowAt(rows: readonly LogRow[], seq: number): LogRow {
  const row = rows.find((row) => row.seq === seq);
  if (row === undefined) throw new RangeError(`no row ${seq}`);
  return row;
}

const rows = chainOf(LENGTH, CHAIN, (seq) =>
  seq % 3 === 0 ? { subject: `user ${seq}`, latencyMs: null } : {},
);
const head = headOf(rows);
const seqs = fc.integer({ min: 1, max: LENGTH });
/** Checks rows both as they are and as a CSV, which must say the same. */
function verify(changed: readonly LogRow[], base?: unknown) {
  const direct = verifyLog({ rows: changed, head, base, serverIdentity });
  const text = verifyLog({ csv: writeLogCsv(changed), head, base, serverIdentity });
  return { direct, text };
}

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  // eslint-disable-next-line no-control-regex -- rows hold none
  .filter((value) => !/[\u0000-\u001f\u007f]/.test(value));
const cellText = fc.oneof(
  text,
  fc
    .tuple(fc.constantFrom("=", "+", "-", "@", "'", '"', ",", " ", "\u2028"), text)
    .map(([mark, rest]) => mark + rest),
);

void t.test("a CSV reads back as the very rows that were written", (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          subject: fc.option(cellText),
          endpoint: fc.option(cellText),
          latencyMs: fc.option(fc.nat()),
        }),
        {
          maxLength: 8,
        },
      ),
      (members) => {
        const written = chainOf(members.length, CHAIN, (seq) => members[seq - 1] ?? {});
        const csv = writeLogCsv(written);
        const again = csv.replaceAll("\r\n", "\n");
        return (
          isDeepStrictEqual(readLogCsv(csv), written) &&
          isDeepStrictEqual(readLogCsv(`\ufeff${again}`), written)
        );
      },
    ),
  );
  const formula = writeLogCsv(chainOf(1, CHAIN, () => ({ subject: '=HYPERLINK("http://evil")' })));
  t.match(formula, `,"'=HYPERLINK(""http://evil"")",`);
  t.notMatch(formula, /(?:^|,)"?[=+@-]/m, "no cell that a spreadsheet runs");
  t.end();
});

void t.test("an intact export verifies, whole or from a base", (t) => {
  t.same(verify(rows).direct, { ok: true, rows: LENGTH, from: 1, to: LENGTH });
  t.same(verify(rows).text, { ok: true, rows: LENGTH, from: 1, to: LENGTH });
  for (const row of rows) {
    const base = signLogPoint("base", pointAt(row), identity);
    const expected = { ok: true, rows: LENGTH - row.seq, from: row.seq + 1, to: LENGTH };
    t.same(verify(rows.slice(row.seq), base).text, expected, `behind ${row.seq}`);
  }
  const none = signLogPoint("head", { chain: CHAIN, seq: 0, hash: "0".repeat(64), at: 0 }, identity);
  t.match(verifyLog({ csv: writeLogCsv([]), head: none, serverIdentity }), { ok: true, rows: 0, to: 0 });
  t.end();
});

void t.test("any changed cell is found, and its row named", (t) => {
  const change = fc.record({
    seq: seqs,
    member: fc.constantFrom(...LOG_ROW_MEMBERS),
    value: fc.oneof(cellText, hex32, fc.nat()),
  });
  fc.assert(
    fc.property(change, ({ seq, member, value }) => {
      const changed = rows.map((row) => (row.seq === seq ? { ...row, [member]: value } : row));
      fc.pre(JSON.stringify(changed) !== JSON.stringify(rows));
      const { direct, text } = verify(changed);
      return !direct.ok && direct.seq === seq && !text.ok && text.seq === seq;
    }),
    { numRuns: 400 },
  );
  for (const { seq } of rows) {
    const changed = rows.map((row) => (row.seq === seq ? { ...row, status: 403 } : row));
    t.same(verify(changed).text, { ok: false, seq, problem: "changed" });
    const rehashed = changed.map((row) =>
      row.seq === seq ? { ...row, hash: logRowHash(row.prevHash, row) } : row,
    );
    const problem = seq === LENGTH ? "rewritten" : "changed";
    t.same(verify(rehashed).text, { ok: false, seq, problem }, `${seq} with a new hash`);
  }
  const status = (seq: number) => (seq === 4 ? { subject: "somebody else" } : {});
  t.same(verify(chainOf(LENGTH, CHAIN, status)).text, { ok: false, seq: LENGTH, problem: "rewritten" });
  t.end();
});

void t.test("any removed, inserted, repeated or moved row is found and named", (t) => {
  for (const { seq } of rows) {
    const without = rows.filter((row) => row.seq !== seq);
    const problem = seq === 1 ? "truncated-beginning" : seq === LENGTH ? "truncated-end" : "missing";
    t.same(verify(without).text, { ok: false, seq, problem }, `without ${seq}`);
    const twice = rows.flatMap((row) => (row.seq === seq ? [row, row] : [row]));
    const again = seq === LENGTH ? { seq: seq + 1, problem: "beyond-head" } : { seq, problem: "duplicated" };
    t.same(verify(twice).text, { ok: false, ...again }, `${seq} twice`);
  }
  fc.assert(
    fc.property(seqs, seqs, (a, b) => {
      fc.pre(a < b);
      const swapped = rows.map((row) =>
        row.seq === a ? rowAt(rows, b) : row.seq === b ? rowAt(rows, a) : row,
      );
      const { text } = verify(swapped);
      return !text.ok && text.seq === a && text.problem === "reordered";
    }),
  );
  const forged = fc.record({
    before: seqs,
    seq: fc.integer({ min: 1, max: 2 * LENGTH }),
    endpoint: fc.constant("/forged"),
  });
  fc.assert(
    fc.property(forged, fc.boolean(), ({ before, seq, endpoint }, chained) => {
      const prevHash = before === 1 ? "0".repeat(64) : rowAt(rows, before - 1).hash;
      const content = { ...rowAt(rows, 1), seq, endpoint };
      const hash = chained ? logRowHash(prevHash, content) : "ab".repeat(32);
      const inserted = [
        ...rows.slice(0, before - 1),
        { ...content, prevHash, hash },
        ...rows.slice(before - 1),
      ];
      const { text } = verify(inserted);
      return !text.ok && text.seq === before;
    }),
  );
  t.end();
});

void t.test("any cut at either end is found", (t) => {
  fc.assert(
    fc.property(fc.nat(LENGTH), fc.nat(LENGTH), (from, to) => {
      fc.pre(from < to && to - from < LENGTH);
      const { text } = verify(rows.slice(from, to));
      const expected =
        from > 0 ? { seq: 1, problem: "truncated-beginning" } : { seq: to + 1, problem: "truncated-end" };
      return !text.ok && text.seq === expected.seq && text.problem === expected.problem;
    }),
  );
  t.same(verify([]).text, { ok: false, seq: 1, problem: "truncated-end" });
  const base = signLogPoint("base", pointAt(rowAt(rows, 5)), identity);
  t.same(verify(rows.slice(7), base).text, { ok: false, seq: 6, problem: "truncated-beginning" });
  t.same(verify(rows, base).text.ok, false, "rows that the base says are gone");
  t.end();
});

void t.test("head and base must be this server's, and of this chain", (t) => {
  const other = chainOf(LENGTH, OTHER);
  const check = (point: unknown, base?: unknown) => verifyLog({ rows, head: point, base, serverIdentity });
  const point = pointAt(rowAt(rows, LENGTH));
  t.match(check({ ...head, seq: 3 }), { ok: false, seq: null, problem: "head-forged" });
  t.match(check({ ...head, hash: "00".repeat(32) }), { problem: "head-forged" });
  t.match(check({ ...head, at: 1 }), { problem: "head-forged" });
  t.match(check(signLogPoint("head", point, stranger)), { problem: "head-foreign" });
  t.match(check({ ...signLogPoint("head", point, stranger), identity: head.identity }), {
    problem: "head-forged",
  });
  t.match(check(signLogPoint("base", point, identity)), { problem: "head-forged" }, "a base is no head");
  t.match(check(headOf(other)), { seq: 1, problem: "foreign-chain" });
  for (const unreadable of [undefined, null, {}, "head", { ...head, more: 1 }]) {
    t.match(check(unreadable), { problem: "head-unreadable" });
  }
  const fifth = pointAt(rowAt(rows, 5));
  t.match(check(head, { ...signLogPoint("base", fifth, identity), seq: 6 }), { problem: "base-forged" });
  t.match(check(head, signLogPoint("base", fifth, stranger)), { problem: "base-foreign" });
  t.match(
    check(head, signLogPoint("head", fifth, identity)),
    { problem: "base-forged" },
    "a head is no base",
  );
  t.match(check(head, signLogPoint("base", pointAt(rowAt(other, 5)), identity)), { problem: "base-foreign" });
  t.match(check(head, {}), { problem: "base-unreadable" });
  t.match(verifyLog({ csv: "a,b\r\n1,2\r\n", head, serverIdentity }), { seq: null, problem: "not-csv" });
  t.end();
});

void t.test("a break that the server made is named", (t) => {
  const begun = rows.slice(0, 4);
  const content = { ...rowAt(rows, 5), prevHash: BROKEN_CHAIN_HASH };
  const broken = { ...content, hash: logRowHash(BROKEN_CHAIN_HASH, content) };
  const next = { ...rowAt(rows, 6), prevHash: broken.hash };
  const all = [...begun, broken, { ...next, hash: logRowHash(broken.hash, next) }];
  t.same(verifyLog({ rows: all, head: headOf(all), serverIdentity }), {
    ok: false,
    seq: 5,
    problem: "broken",
  });
  t.end();
});
