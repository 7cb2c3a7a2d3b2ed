import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { replaceFile, requireReplaceable } from "vaultproof/init/replace-file";
import { unprivileged } from "../../helpers/unprivileged.js";

const OLD = Buffer.from("KEY=old\r\n");
const NEW = Buffer.from("KEY=new\r\n");

void t.test("the content is replaced, the mode stays, nothing is left beside it", async (t) => {
  const folder = t.testdir({ ".env": OLD });
  const path = join(folder, ".env");
  chmodSync(path, 0o640);
  await replaceFile(path, OLD, NEW);
  t.ok(readFileSync(path).equals(NEW));
  t.equal(statSync(path).mode & 0o777, 0o640);
  t.same(readdirSync(folder), [".env"]);
});

void t.test("a file that was changed meanwhile is left as it is", async (t) => {
  const folder = t.testdir({ ".env": "KEY=changed\n" });
  const path = join(folder, ".env");
  await t.rejects(replaceFile(path, OLD, NEW), { code: "file-changed" });
  t.equal(readFileSync(path, "utf8"), "KEY=changed\n");
  t.same(readdirSync(folder), [".env"]);
});

void t.test("a link that was put there meanwhile is not followed", async (t) => {
  const folder = t.testdir({ elsewhere: OLD });
  symlinkSync("elsewhere", join(folder, ".env"));
  await t.rejects(replaceFile(join(folder, ".env"), OLD, NEW), {
    code: "file-changed",
    message: /is a link by now/,
  });
  t.ok(readFileSync(join(folder, "elsewhere")).equals(OLD));
  t.same(readdirSync(folder).sort(), [".env", "elsewhere"]);
});

void t.test(
  "a folder that cannot be written leaves the file whole, and that can be known before",
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "vaultproof-replace-"));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, ".env");
    writeFileSync(path, OLD, { mode: 0o644 });
    await requireReplaceable(path, NEW);
    t.same(readdirSync(folder), [".env"], "the draft of the trial is gone");
    chmodSync(folder, 0o555);
    t.teardown(() => chmodSync(folder, 0o700));
    const refused = {
      code: "file-unwritable",
      message: `${path} cannot be replaced: you may not write there`,
      hint: /^nothing was lost/,
    };
    await unprivileged(async () => {
      await t.rejects(requireReplaceable(path, NEW), refused);
      await t.rejects(replaceFile(path, OLD, NEW), refused);
    });
    t.ok(readFileSync(path).equals(OLD));
    t.same(readdirSync(folder), [".env"]);
  },
);
