import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import t, { type Test } from "tap";
import type { CommandContext } from "vaultproof/context";
import { openSecretStore } from "vaultproof/state/secret-store";

function contextOf(configDir: string, passphraseFile: string): CommandContext {
  return {
    env: {
      VAULTPROOF_CONFIG_DIR: configDir,
      VAULTPROOF_PASSPHRASE_FILE: passphraseFile,
      VAULTPROOF_KEYRING: "off",
    },
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    cwd: configDir,
    setExitCode: () => undefined,
  };
}

function makeContext(t: Test, passphrase = "several words\n"): CommandContext {
  const folder = t.testdir({ passphrase });
  return contextOf(join(folder, "config"), join(folder, "passphrase"));
}

void t.test("what is stored is read again, by whoever has the passphrase", async (t) => {
  const context = makeContext(t);
  const folder = join(context.cwd, "secrets");
  const store = await openSecretStore(context);
  t.equal(store.kind, "passphrase");
  t.equal(await store.get("a"), null);
  await store.set("a", "the secret of a");
  await store.set("b", "the secret of b");
  const again = await openSecretStore(context);
  t.equal(await again.get("a"), "the secret of a");
  await again.delete("a");
  await again.delete("a");
  t.equal(await again.get("a"), null);
  for (const name of readdirSync(folder))
    t.notMatch(readFileSync(join(folder, name), "latin1"), "the secret", name);

  writeFileSync(context.env.VAULTPROOF_PASSPHRASE_FILE ?? "", "other words");
  await t.rejects(openSecretStore(context), { code: "secrets-locked" });
});

void t.test("what is stored once stays, whoever comes second", async (t) => {
  const context = makeContext(t);
  const [one, two] = [await openSecretStore(context), await openSecretStore(context)];
  const given = await Promise.all([one.setOnce("k", "first"), two.setOnce("k", "second")]);
  t.equal(given[0], given[1]);
  t.equal(await one.setOnce("k", "third"), given[0]);
  t.equal(await two.get("k"), given[0]);
  const names = readdirSync(join(context.cwd, "secrets"));
  t.same(
    names.filter((name) => name.endsWith(".draft")),
    [],
  );
});

void t.test("a secret is bound to its name, and an altered one is refused", async (t) => {
  const context = makeContext(t);
  const folder = join(context.cwd, "secrets");
  const store = await openSecretStore(context);
  await store.set("a", "1");
  const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".secret"));
  await store.set("b", "2");
  const [other = ""] = readdirSync(folder).filter((name) => name.endsWith(".secret") && name !== file);
  const bytes = readFileSync(join(folder, file));
  writeFileSync(join(folder, other), bytes);
  await t.rejects(store.get("b"), { code: "state-unreadable" }, "another's");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(join(folder, file), bytes);
  await t.rejects(store.get("a"), { code: "state-unreadable" }, "altered");
  writeFileSync(join(folder, file), "");
  await t.rejects(store.get("a"), { code: "state-unreadable" }, "empty");
});

void t.test("two first commands at once agree on one key", async (t) => {
  const context = makeContext(t);
  const stores = await Promise.all([
    openSecretStore(context),
    openSecretStore(context),
    openSecretStore(context),
  ]);
  await Promise.all(stores.map((store, i) => store.set(String(i), `value ${i}`)));
  for (const store of stores) {
    for (const i of [0, 1, 2]) t.equal(await store.get(String(i)), `value ${i}`);
  }
});

void t.test("a passphrase that is too short is refused when it is chosen", async (t) => {
  await t.rejects(openSecretStore(makeContext(t, "short")), { code: "input-invalid" });
  await t.rejects(openSecretStore(makeContext(t, "\n")), { code: "input-invalid" });
});

void t.test("a file that would cost the machine its memory is not believed", async (t) => {
  const context = makeContext(t);
  await openSecretStore(context);
  const file = join(context.cwd, "secrets", "protection.json");
  const text = readFileSync(file, "utf8").replace("65536", "4000000000");
  writeFileSync(file, text);
  await t.rejects(openSecretStore(context), { code: "state-unreadable" });
});
