import t from "tap";
import { SUBJECT } from "@vaultproof/protocol/identifiers";
import { readLogCsv, writeLogCsv } from "@vaultproof/protocol/log-csv";
import { logRowSchema } from "@vaultproof/protocol/log-row";
import { chainOf } from "../../helpers/log-stage.js";

const CHAIN = "slot:3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d";

// A row whose subject the verifier does not know would make an honest chain read as one that was tampered with, and the
// subject is what somebody else's identity provider says.
void t.test("whoever may be the subject of a call may stand in a row of an export", (t) => {
  const subjects = [
    "a",
    "=cmd()",
    "'quoted",
    ' "a", b ',
    "\u2028\ufeff",
    "x".repeat(256),
    "ü".repeat(256),
    // Two UTF-16 units each.
    "\u{1f600}".repeat(256),
  ];
  for (const subject of subjects) {
    t.match(subject, SUBJECT);
    const rows = chainOf(1, CHAIN, () => ({ subject }));
    const read = readLogCsv(writeLogCsv(rows));
    t.same(
      read.map((row) => logRowSchema.parse(row)),
      rows,
    );
  }
  t.end();
});

void t.test("nobody else may: the verifier names such a row instead of failing on it", (t) => {
  for (const subject of ["", "a\nb", "a\u0085b", "\ud800", "x".repeat(257), "\u{1f600}".repeat(257)]) {
    t.notMatch(subject, SUBJECT);
    const [row] = chainOf(1, CHAIN, () => ({ subject: "a" }));
    t.notOk(logRowSchema.safeParse({ ...row, subject }).success, JSON.stringify(subject.slice(0, 8)));
  }
  const [row] = chainOf(1, CHAIN);
  for (const member of ["app", "method", "endpoint", "outcome"]) {
    t.notOk(logRowSchema.safeParse({ ...row, [member]: "\ud800" }).success, `half a character in ${member}`);
  }
  t.end();
});
