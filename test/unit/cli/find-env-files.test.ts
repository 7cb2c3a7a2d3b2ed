import { readdir, realpath } from "node:fs/promises";
import t from "tap";
import { findEnvFiles, removeTemporaries } from "vaultproof/init/find-env-files";

void t.test("which files are looked at", async (t) => {
  const looked = [".env", ".env-ci", ".env.local", ".env1", ".envrc", ".envrc.local", ".envrc~", ".env~"];
  const not = [".environment", ".envoy.yaml", ".envrcs", "env", "prod.env", ".environs"];
  const folder = await realpath(
    t.testdir(Object.fromEntries([...looked, ...not].map((name) => [name, "A=1\n"]))),
  );
  const { files, warnings } = await findEnvFiles(folder);
  t.same(
    files.map(({ name }) => name),
    looked,
  );
  t.same(warnings, []);
});

void t.test("what a replacement left is not looked at, and goes, under the name of old too", async (t) => {
  const left = [".env.vaultproof-0123456789abcdef.tmp", ".vaultproof-0123456789abcdef.tmp"];
  const folder = await realpath(
    t.testdir(Object.fromEntries([".env", ".env.tmp", ...left].map((name) => [name, "A=1\n"]))),
  );
  const { files } = await findEnvFiles(folder);
  t.same(
    files.map(({ name }) => name),
    [".env", ".env.tmp"],
  );
  await removeTemporaries(
    folder,
    files.map(({ path }) => path),
  );
  t.same((await readdir(folder)).sort(), [".env", ".env.tmp"]);
});
