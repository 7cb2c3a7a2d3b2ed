import { VaultProofError } from "@vaultproof/sdk";
import t from "tap";
import { CliError, describeError } from "vaultproof/errors";

void t.test(
  "an error of the SDK is shown whole: every place that was tried for the reference string",
  (t) => {
    const error = new VaultProofError(
      "reference-string-missing",
      "Tried:\n  - here: no such files\nSet CRS_PATH.",
    );
    t.equal(
      describeError(error, { debug: false }),
      "vaultproof: error: The public reference string was not found: Tried:\n  - here: no such files\nSet CRS_PATH.",
    );
    t.end();
  },
);

void t.test("another identity at the same address: `up` may run in another folder", (t) => {
  const shown = describeError(new VaultProofError("identity-changed", "another"), { debug: false });
  t.match(shown, /up` may have been started in another folder.*DATA_DIR/);
  t.end();
});

void t.test("the command's own errors are one line and a hint", (t) => {
  const error = new CliError("folder-in-use", "it is in use\nmore", { hint: "stop it" });
  t.equal(describeError(error, { debug: false }), "vaultproof: error: it is in use\n  hint: stop it");
  t.match(describeError(new CliError("folder-in-use", "x"), { debug: false }), /\n {2}hint: .*DATA_DIR/);
  t.end();
});

void t.test("what nobody foresaw is one line without a stack, and with it under DEBUG", (t) => {
  const error = new TypeError("first\nsecond", { cause: new Error("the cause") });
  const shown = describeError(error, { debug: false });
  t.equal(shown.split("\n")[0], "vaultproof: error: first");
  t.match(shown, "DEBUG=1");
  t.notMatch(shown, /^ +at /m);
  const debugged = describeError(error, { debug: true });
  t.match(debugged, /^ +at /m);
  t.match(debugged, "caused by Error: the cause");
  t.match(describeError("text", { debug: false }), "vaultproof: error: text");
  t.end();
});
