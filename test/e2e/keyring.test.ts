import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { loadKeyring } from "vaultproof/state/keyring";
import { makeDevice } from "../helpers/cli-device.js";
import { madeUpKeys } from "../helpers/env-shapes.js";
import { noSecretService, startSecretService } from "../helpers/secret-service.js";
import { startStack } from "../helpers/stack.js";

// The command on a machine that has a keyring: the Secret Service of a Linux desktop, the real one.

interface Protection {
  readonly kind: string;
  readonly account: string;
}

void t.test("secrets under the system's keyring", { skip: noSecretService }, async (t) => {
  const [keyring, stack] = await Promise.all([startSecretService(t), startStack()]);
  t.teardown(() => stack.close());
  // For what the test does with the keyring itself.
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  const entries = await loadKeyring();
  const device = await makeDevice(t, stack.edgeUrl, { fresh: true });
  // Nobody can be asked, and no passphrase is given.
  const env = { ...keyring.env, VAULTPROOF_KEYRING: "", VAULTPROOF_PASSPHRASE_FILE: "" };
  const run = (args: readonly string[], cwd?: string) =>
    device.run(args, cwd === undefined ? { env } : { env, cwd });
  const protectionFile = join(device.configDir, "secrets", "protection.json");
  const readProtection = async () => JSON.parse(await readFile(protectionFile, "utf8")) as Protection;

  await t.test("login asks for no passphrase, and the key is in no file", async (t) => {
    const login = await run([
      "login",
      "--new",
      "--kind",
      "live",
      "--server-identity",
      stack.identity,
      "--json",
    ]);
    t.equal(login.code, 0, login.stderr);
    t.match(JSON.parse(login.stdout), { secretsIn: "keyring" });
    const protection = await readProtection();
    t.equal(protection.kind, "keyring");
    const masterKey = (await entries.get(protection.account)) ?? "";
    t.equal(Buffer.from(masterKey, "base64").length, 32);
    for (const entry of await readdir(device.configDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      t.notOk(bytes.includes(masterKey), entry.name);
      t.notOk(bytes.includes(Buffer.from(masterKey, "base64")), entry.name);
      t.notOk(bytes.includes("vp_live_"), entry.name);
    }
    t.equal((await run(["keys", "list"])).code, 0, "and another process opens it");
    t.match((await run(["doctor"])).stdout, /developer key +of \S+, kept in the system's keyring/);
  });

  await t.test("init and its undoing", async (t) => {
    const folder = await device.folder();
    const original = `OPENAI_API_KEY=${madeUpKeys().openai}\n`;
    await writeFile(join(folder, ".env"), original);
    const init = await run(["init", "--yes"], folder);
    t.equal(init.code, 0, init.stderr);
    t.match(await readFile(join(folder, ".env"), "utf8"), /^OPENAI_API_KEY=vpg_/);
    t.equal((await run(["init", "--undo", "--yes"], folder)).code, 0);
    t.equal(await readFile(join(folder, ".env"), "utf8"), original);
  });

  await t.test("a locked keyring: 7, with what to do, and nothing is changed", async (t) => {
    await keyring.lock();
    const before = await readProtection();
    for (const args of [
      ["keys", "list"],
      ["login", "--new", "--yes"],
    ]) {
      const { code, stderr } = await run(args);
      t.equal(code, 7, args.join(" "));
      t.match(stderr, /the system's keyring cannot be read\n +hint: unlock it/);
    }
    t.match((await run(["doctor"])).stdout, /✗ developer key +the system's keyring cannot be read/);
    t.same(await readProtection(), before);
    await keyring.unlock();
    t.equal((await run(["keys", "list"])).code, 0, "unlocked, all is as before");
  });

  await t.test("a keyring that was emptied: 7, and the way out", async (t) => {
    const { account } = await readProtection();
    const masterKey = (await entries.get(account)) ?? "";
    await entries.delete(account);
    const { code, stderr } = await run(["keys", "list"]);
    t.equal(code, 7);
    t.match(stderr, /no longer holds the key.*\n +hint: .*recovery restore/);
    await entries.set(account, randomBytes(32).toString("base64"));
    t.equal((await run(["keys", "list"])).code, 1, "another key opens nothing");
    await entries.set(account, masterKey);
    t.equal((await run(["keys", "list"])).code, 0);
  });

  await t.test("no keyring any more: 7; on a fresh device a passphrase instead", async (t) => {
    await keyring.stop();
    t.equal((await run(["keys", "list"])).code, 7);
    const fresh = await makeDevice(t, stack.edgeUrl, { fresh: true });
    const { VAULTPROOF_PASSPHRASE_FILE = "" } = fresh.env;
    const login = await fresh.run(["login", "--new", "--kind", "test", "--json"], {
      env: { ...env, VAULTPROOF_PASSPHRASE_FILE },
    });
    t.equal(login.code, 0, login.stderr);
    t.match(JSON.parse(login.stdout), { secretsIn: "passphrase" });
  });
});
