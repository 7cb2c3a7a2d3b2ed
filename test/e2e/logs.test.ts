import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { makeLoggedInDevice, type CliDevice } from "../helpers/cli-device.js";
import { runCommand } from "../helpers/command.js";
import { startStack, type Stack } from "../helpers/stack.js";

// `vaultproof logs` and `vaultproof audit verify`: what was managed, shown, followed, exported and checked.

t.setTimeout(300_000);

let stack: Stack;
let device: CliDevice;
t.before(async () => {
  stack = await startStack();
  device = await makeLoggedInDevice(t, stack);
  await storeKey("first");
});
t.teardown(() => stack.close());

async function storeKey(label: string): Promise<void> {
  const provider = ["--provider", "custom", "--base-url", stack.provider.origin, "--label", label];
  const { code, stderr } = await device.run(["keys", "store", "-", ...provider], {
    input: stack.provider.key,
  });
  if (code !== 0) throw new Error(stderr);
}

void t.test("pages, and what comes", async (t) => {
  const listed = await device.run(["logs", "--json"]);
  t.equal(listed.code, 0, listed.stderr);
  const { logs } = JSON.parse(listed.stdout) as { logs: { id: number }[] };
  t.ok(logs.length > 0);
  const shown = await device.run(["logs"]);
  t.match(shown.stdout, /^TIME +APP +SUBJECT +METHOD/);
  t.equal(shown.stdout.trimEnd().split("\n").length, logs.length + 1);

  const following = runCommand(["logs", "--follow", "--json"], device.env);
  t.teardown(() => following.child.kill("SIGKILL"));
  await following.waitFor(new RegExp(`(?:.+\n){${logs.length}}`));
  await storeKey("second");
  await following.waitFor(new RegExp(`(?:.+\n){${logs.length + 1}}`));
  following.child.kill("SIGINT");
  t.equal(await following.exited, 0);
  const ids = following.stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: number }).id);
  t.equal(new Set(ids).size, ids.length, "each once");

  for (const args of [
    ["--limit", "0"],
    ["--page", "x"],
    ["--csv", "--follow"],
    ["--out", "file"],
  ]) {
    t.equal((await device.run(["logs", ...args])).code, 2, args.join(" "));
  }
});

void t.test("an export is checked offline: 0 whole, 1 not as it was written, 2 not given", async (t) => {
  const file = join(await device.folder(), "managed.csv");
  const exported = await device.run(["logs", "--csv", "--out", file]);
  t.equal(exported.code, 0, exported.stderr);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal((await device.run(["logs", "--csv", "--out", file])).code, 2, "never over a file");

  const verify = (...args: string[]) => runCommand(["audit", "verify", ...args]);
  const pinned = verify(file, "--server-identity", stack.identity);
  t.equal(await pinned.exited, 0, pinned.stderr);
  t.match(pinned.stdout, /whole and as they were written\n$/);
  t.equal(await verify(file, "--server-identity", "A".repeat(43)).exited, 1, "another server's");

  const csv = await readFile(file, "utf8");
  const altered = join(await device.folder(), "altered.csv");
  await writeFile(altered, csv.trimEnd().split("\n").slice(0, -1).join("\n"));
  const cut = verify(altered, "--head", `${file}.head.json`);
  t.equal(await cut.exited, 1, cut.stderr);
  t.match(cut.stdout, "✗");

  t.equal(await verify(altered).exited, 2, "no head beside it");
  t.equal(await verify("-").exited, 2, "no head for standard input");
  t.equal(await verify(file, "--server-identity", "short").exited, 2);
  t.equal(await verify().exited, 2);
  t.equal(await verify(file, "another").exited, 2);
});
