import { readLogCsv, writeLogCsv } from "@vaultproof/protocol/log-csv";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { logRowHash, logRowSchema } from "@vaultproof/protocol/log-row";
import { verifyLog } from "@vaultproof/protocol/verify-log";
import t from "tap";
import { readVectors } from "../../helpers/vectors.js";

const vectors = readVectors("log-rows.json");
const { csv, head, base, serverIdentity } = vectors;
const rows = vectors.rows.map(({ row }) => logRowSchema.parse(row));

void t.test("rows, hashes, export and signatures are what another implementation makes", (t) => {
  for (const [i, row] of rows.entries()) {
    const { prevHash, hash, ...content } = row;
    t.equal(Buffer.from(canonicalJson(content)).toString(), vectors.rows[i]?.canonical);
    t.equal(logRowHash(prevHash, row), hash);
  }
  t.equal(writeLogCsv(rows), csv);
  t.same(readLogCsv(csv), rows);
  t.same(verifyLog({ csv, head, serverIdentity }), { ok: true, rows: 4, from: 1, to: 4 });
  t.same(verifyLog({ rows: rows.slice(1), head, base, serverIdentity }), {
    ok: true,
    rows: 3,
    from: 2,
    to: 4,
  });
  t.end();
});
