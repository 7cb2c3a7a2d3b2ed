import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "@vaultproof/db/postgres";
import { verifyLog, type LogExport } from "@vaultproof/sdk";
import t from "tap";
import { runCommand } from "../helpers/command.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { tamper } from "../helpers/log-stage.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// Two servers that share a database, and somebody who writes to it besides: what an export says of that.

const skip = (findReferenceString() === undefined && noReferenceString) || (await postgresSkipReason());

void t.test("the audit trail", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres", servers: 2 });
  t.teardown(() => stack.close());
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-audit-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { identity: serverIdentity } = stack;
  const vault = await openVault(t, stack);
  const { keySlotId, bundles } = await storeProviderKey(vault, stack, ["my-app"]);
  const [bundle = ""] = bundles;
  const db = await openPostgres({ url: stack.databaseUrl ?? "", max: 2 });
  t.teardown(() => db.close());
  for (const { url } of stack.edges) {
    const app = await openApp(t, { url, bundle });
    await (await app.fetch("/v1/models?not=logged")).text();
    await (await app.fetch("/v1/chat/completions", { method: "POST", body: "{}" })).text();
  }
  await vault.apps.grant(keySlotId, "another-app", { methods: ["GET"] });
  await t.rejects(vault.apps.revoke(keySlotId, "unknown-app"), { code: "refused" });

  const audit = async ({ csv, ...heads }: LogExport, ...args: string[]) => {
    const file = join(folder, "calls.csv");
    await writeFile(file, csv);
    await writeFile(`${file}.head.json`, JSON.stringify(heads));
    const command = runCommand(["audit", "verify", file, ...args]);
    return { code: await command.exited, said: command.stdout + command.stderr };
  };

  const whole = await vault.keys.exportLogs(keySlotId);
  await t.test("is whole, whichever server was asked", async (t) => {
    t.same(verifyLog({ ...whole, serverIdentity }), { ok: true, rows: 4, from: 1, to: 4 });
    t.notMatch(whole.csv, "not=logged");
    const { logs, total } = await vault.keys.logs(keySlotId, { limit: 2 });
    t.match(
      { logs, total },
      { total: 4, logs: [{ seq: 4, outcome: "answered", appId: "my-app" }, { seq: 3 }] },
    );
    const acts = await vault.exportLogs();
    t.match(verifyLog({ ...acts, serverIdentity }), { ok: true });
    t.same(
      (await vault.logs()).logs.map(({ outcome, appId }) => `${outcome} ${appId}`),
      ["notFound unknown-app", "granted another-app", "stored null", "registered null"],
    );
    const told = await audit(whole, "--server-identity", serverIdentity);
    t.match(told, { code: 0, said: "4 rows, up to row 4" });
    t.match(await audit(whole), { code: 0, said: `signed by ${serverIdentity}` });
    t.match(await audit(whole, "--server-identity", "x".repeat(43)), {
      code: 1,
      said: "signed by another server",
    });
  });

  await t.test("says what is missing to judge it", async (t) => {
    const cases: [string[], string][] = [
      [["verify"], "missing required argument"],
      [["verify", "-"], "--head"],
      [["verify", join(folder, "none.csv")], "cannot be read"],
      [["verify", join(folder, "calls.csv"), "--server-identity", "short"], "43 characters"],
      [["verify", join(folder, "calls.csv"), "--head", join(folder, "calls.csv")], "is not JSON"],
      [["verify", join(folder, "calls.csv"), "--unknown"], "unknown option"],
    ];
    for (const [args, said] of cases) {
      const command = runCommand(["audit", ...args]);
      t.equal(await command.exited, 2, args.join(" "));
      t.match(command.stderr, said);
    }
  });

  await t.test("shows a row that somebody changed in the database", async (t) => {
    await tamper(
      db,
      `UPDATE call_log SET outcome = 'refused' WHERE slot_id = '${keySlotId}' AND seq = 2 AND method IS NOT NULL AND chain LIKE 'slot:%'`,
    );
    const changed = await vault.keys.exportLogs(keySlotId);
    t.same(verifyLog({ ...changed, serverIdentity }), { ok: false, seq: 2, problem: "changed" });
    const { code, said } = await audit(changed, "--server-identity", serverIdentity);
    t.equal(code, 1);
    t.match(said, "row 2: this row is not as it was written");
  });

  await t.test("shows a log that was set back, to whoever saw more of it", async (t) => {
    const chain = `slot:${keySlotId}`;
    await db.execute(`CREATE TABLE kept AS SELECT * FROM log_chains WHERE chain = '${chain}'`);
    const app = await openApp(t, { url: stack.edgeUrl, bundle });
    await (await app.fetch("/v1/models")).text();
    t.equal((await vault.keys.exportLogs(keySlotId)).head.seq, 5);
    await tamper(
      db,
      `DELETE FROM call_log WHERE chain = '${chain}' AND seq = 5`,
      `DELETE FROM log_chains WHERE chain = '${chain}'`,
      "INSERT INTO log_chains SELECT * FROM kept",
    );
    await t.rejects(vault.keys.exportLogs(keySlotId), { code: "log-rewritten" });
  });
});
