import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { replaceFile } from "vaultproof/init/replace-file";

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
  "a folder that cannot be written leaves the file whole",
  { skip: process.getuid?.() === 0 },
  async (t) => {
    const folder = t.testdir({ ".env": OLD });
    writeFileSync(join(folder, ".env"), OLD);
    chmodSync(folder, 0o500);
    t.teardown(() => chmodSync(folder, 0o700));
    await t.rejects(replaceFile(join(folder, ".env"), OLD, NEW), { code: "EACCES" });
    t.ok(readFileSync(join(folder, ".env")).equals(OLD));
  },
);
