import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { withFolderLock } from "vaultproof/init/folder-lock";
import { configFolder } from "vaultproof/state/config-folder";
import { temporaryFolder } from "../../helpers/memory-vault.js";

const HOLD = `
const [config, folder] = process.argv.slice(1);
const { withFolderLock } = await import(process.env.LOCK);
const { configFolder } = await import(process.env.CONFIG);
await withFolderLock(configFolder({ VAULTPROOF_CONFIG_DIR: config }), folder, async () => {
  process.stdout.write("held");
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});`;

void t.test("one process at a time works on a folder", async (t) => {
  const root = await temporaryFolder(t);
  const config = configFolder({ VAULTPROOF_CONFIG_DIR: root });
  const work = (folder: string) => withFolderLock(config, folder, () => Promise.resolve("done"));
  const locks = async () => (await readdir(join(root, "init"))).filter((name) => name.includes(".lock."));
  t.equal(await work("/a"), "done");
  t.same(await locks(), [], "nothing is left behind");

  const other = spawn(process.execPath, ["--input-type=module", "-e", HOLD, root, "/a"], {
    env: {
      LOCK: import.meta.resolve("vaultproof/init/folder-lock"),
      CONFIG: import.meta.resolve("vaultproof/state/config-folder"),
    },
  });
  t.teardown(() => other.kill("SIGKILL"));
  await once(other.stdout, "data");
  await t.rejects(work("/a"), { code: "folder-busy", message: new RegExp(`process ${other.pid ?? ""}$`) });
  t.equal(await work("/b"), "done", "another folder is free");
  t.equal((await locks()).length, 1, "who was refused left nothing");
  other.kill("SIGKILL");
  await once(other, "exit");
  t.equal(await work("/a"), "done", "a dead one holds nothing");
  t.same(await locks(), []);

  const [lock] = [await withFolderLock(config, "/a", locks)].flat();
  await writeFile(join(root, "init", (lock ?? "").replace(/\.\d+\.[^.]*$/, ".1.0-earlier")), "");
  t.equal(await work("/a"), "done", "a number that is another process's by now holds nothing");
});

void t.test("it is given back when the work fails", async (t) => {
  const config = configFolder({ VAULTPROOF_CONFIG_DIR: await temporaryFolder(t) });
  await t.rejects(
    withFolderLock(config, "/a", () => Promise.reject(new Error("x"))),
    { message: "x" },
  );
  t.equal(await withFolderLock(config, "/a", () => Promise.resolve(1)), 1);
});
