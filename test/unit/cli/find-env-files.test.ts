import { realpath } from "node:fs/promises";
import t from "tap";
import { findEnvFiles } from "vaultproof/init/find-env-files";

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
