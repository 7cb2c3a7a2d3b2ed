import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readConfig } from "@vaultproof/server/config";
import { EmbeddedSecretsError, withEmbeddedSecrets } from "@vaultproof/server/embedded-secrets";

const NAMES = ["SERVER_ENCRYPTION_KEY", "SERVER_IDENTITY_KEY", "EDGE_SECRETS"] as const;

await t.test("secrets are made once, whoever starts together", async (t) => {
  const DATA_DIR = join(t.testdir({}), "data");
  const environments = await Promise.all(Array.from({ length: 8 }, () => withEmbeddedSecrets({ DATA_DIR })));
  const later = await withEmbeddedSecrets({ DATA_DIR });
  for (const env of environments) t.same(env, later);
  t.equal(new Set(NAMES.map((name) => later[name])).size, 3, "each its own");
  t.doesNotThrow(() => readConfig(later), "and of use to the server");
  t.same(await readdir(DATA_DIR), [".gitignore", "secrets.json"], "no drafts are left");
  t.equal((await stat(join(DATA_DIR, "secrets.json"))).mode & 0o777, 0o600);
  t.equal((await stat(DATA_DIR)).mode & 0o777, 0o700);
});

await t.test("git leaves a folder alone that was made here, or that bears the name of one", async (t) => {
  const ignored = async (DATA_DIR: string) => {
    await withEmbeddedSecrets({ DATA_DIR });
    return await readFile(join(DATA_DIR, ".gitignore"), "utf8").catch(() => null);
  };
  const mine = t.testdir({ ".vaultproof": {}, own: { ".gitignore": "mine" } });
  t.equal(await ignored(join(mine, "made", "here")), "*\n");
  t.equal(await ignored(join(mine, ".vaultproof")), "*\n", "as one that was made before");
  t.equal(await ignored(mine), null, "not one that may be a checkout");
  t.equal(await ignored(join(mine, "own")), "mine");
});

await t.test("what the environment says comes first", async (t) => {
  const DATA_DIR = t.testdir({});
  const env = await withEmbeddedSecrets({ DATA_DIR, EDGE_SECRETS: "mine:AAAA", SERVER_IDENTITY_KEY: " " });
  t.equal(env.EDGE_SECRETS, "mine:AAAA");
  t.match(env.SERVER_IDENTITY_KEY, /^.{44}$/);
});

await t.test("in production nothing is made up", async (t) => {
  const DATA_DIR = t.testdir({});
  const env = { DATA_DIR, NODE_ENV: "production" };
  t.equal(await withEmbeddedSecrets(env), env);
  t.same(await readdir(DATA_DIR), []);
});

await t.test("a file that is something else is neither used nor replaced nor quoted", async (t) => {
  const DATA_DIR = t.testdir({});
  for (const content of ["{ sk-canary", '{"SERVER_IDENTITY_KEY":"sk-canary"}', "[]", ""]) {
    await mkdir(DATA_DIR, { recursive: true });
    await writeFile(join(DATA_DIR, "secrets.json"), content);
    const error: unknown = await withEmbeddedSecrets({ DATA_DIR }).catch((error: unknown) => error);
    t.ok(error instanceof EmbeddedSecretsError);
    t.match(String(error), "secrets.json");
    t.notMatch(JSON.stringify(error) + String(error), "sk-canary");
  }
});
