import t from "tap";
import { CliError } from "vaultproof/errors";
import { refuseKeysInArguments } from "vaultproof/input/keys-in-arguments";

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
