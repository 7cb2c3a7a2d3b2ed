import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t from "tap";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";
import { burnNullifier, type BurnRequest } from "@vaultproof/db/queries/burn-nullifier";

const PROCESS = fileURLToPath(new URL("../../helpers/pglite-process.js", import.meta.url));

async function temporaryFolder(t: { teardown(remove: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-pglite-"));
  t.teardown(() => rm(folder, { recursive: true }));
  return join(folder, "made", "by", "open");
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no output to read");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the process ended before it said anything");
}

await t.test("a folder is for one process, and survives its death", async (t) => {
  const dataDir = await temporaryFolder(t);
  const child = spawn(process.execPath, [PROCESS, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => void child.kill("SIGKILL"));
  const burnt = JSON.parse(await firstLine(child)) as BurnRequest & { nullifier: string; outcome: string };
  t.equal(burnt.outcome, "burnt");

  await t.rejects(openPglite({ dataDir }), {
    code: "folder-in-use",
    message: new RegExp(`process ${child.pid} has it open`),
  });

  child.kill("SIGKILL");
  await once(child, "exit");
  const db = await openPglite({ dataDir });
  t.teardown(() => db.close());
  t.same(await migrate(db), { applied: [] }, "the schema is still there");
  const call = { ...burnt, nullifier: Buffer.from(burnt.nullifier, "hex") };
  t.same(await burnNullifier(db, call), { outcome: "replay" }, "what was burnt stays burnt");
  const locks = (await readdir(dataDir)).filter((name) => name.includes(".lock."));
  t.match(locks, [new RegExp(`\\.${process.pid}\\.`)], "the lock of the dead process is gone");
  t.equal(locks.length, 1);
});

await t.test("one process opens a folder once at a time", async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await openPglite({ dataDir });
  await t.rejects(openPglite({ dataDir }), { code: "folder-in-use", message: /this process/ });
  await first.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
  await first.close();
  t.same(await readdir(dataDir), [".gitignore", "database"], "closing leaves no lock behind");
  const second = await openPglite({ dataDir });
  t.same((await second.query({ text: "SELECT id FROM kept" })).rows, [{ id: 7 }]);
  await second.close();
});

await t.test(
  "a lock of an earlier process with the number of a living one is stale",
  { skip: existsSync("/proc/self/stat") ? false : "needs /proc" },
  async (t) => {
    const dataDir = await temporaryFolder(t);
    await (await openPglite({ dataDir })).close();
    await writeFile(join(dataDir, `database.lock.${process.pid}.1-00000000`), "");
    const db = await openPglite({ dataDir });
    await db.close();
    t.same(await readdir(dataDir), [".gitignore", "database"]);
  },
);
