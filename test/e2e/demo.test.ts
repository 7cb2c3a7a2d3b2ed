import { readdir } from "node:fs/promises";
import t, { type Test } from "tap";
import { runCommand, type RunningCommand } from "../helpers/command.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";

const INVALID_PROOF = '403 {"error":"Invalid ZK proof","reason":"Proof verification failed"}';
const REFUSALS = [
  ["1: without a proof", INVALID_PROOF],
  ["2: a replay", '403 {"error":"Proof already used (replay detected)"}'],
  ["3: an altered path", INVALID_PROOF],
  ["4: straight to the backend", '403 {"error":"Forbidden"}'],
  ["5: after revocation", INVALID_PROOF],
] as const;

const skip = findReferenceString() === undefined ? noReferenceString : false;

t.setTimeout(600_000);

void t.test("the demo does the whole job and leaves nothing behind", { skip }, async (t) => {
  const TMPDIR = t.testdir();
  const key = "sk-a-key-of-my-own-0123456789";
  const command = demo(t, { TMPDIR, PROVIDER_KEY: key });
  t.equal(await command.exited, 0, command.stdout + command.stderr);
  for (const [title, answer] of REFUSALS) {
    const part = command.stdout.split("Refusal ").find((text) => text.startsWith(title)) ?? "";
    t.ok(part.includes(answer), `${title}: ${answer}`);
    t.match(part, "✓ status and body are exactly what they must be");
  }
  t.match(command.stdout, '"share1_encrypted": "0x');
  t.match(command.stdout, /vp-source: upstream/);
  t.match(command.stdout, /✓ all \d+ checks came out as they must/);
  t.notMatch(command.stdout, "✗");
  t.notMatch(command.stdout, key, "the key is never shown");
  t.notMatch(command.stdout, "\u001b", "no colours where the output is not a terminal");
  t.equal(command.stderr, "");
  t.same(await ownFolders(TMPDIR), []);
});

void t.test("the demo keeps to itself: what points at somebody's data is not read", { skip }, async (t) => {
  const elsewhere = { DATABASE_URL: "postgres://127.0.0.1:1/none", NODE_ENV: "production", EDGE_PORT: "1" };
  const command = demo(t, { TMPDIR: t.testdir(), ...elsewhere });
  t.equal(await command.exited, 0, command.stdout + command.stderr);
});

void t.test("an interrupted demo cleans up and fails", async (t) => {
  const TMPDIR = t.testdir();
  const command = demo(t, { TMPDIR });
  await command.waitFor(/server and edge are up/);
  t.not((await ownFolders(TMPDIR)).length, 0, "it has a folder while it runs");
  command.child.kill("SIGINT");
  t.equal(await command.exited, 1);
  t.match(command.stderr, "vaultproof: error: stopped by SIGINT");
  t.same(await ownFolders(TMPDIR), []);
});

void t.test("a provider that cannot be called is a clear error before anything starts", async (t) => {
  const cases = [
    { env: { PROVIDER: "nobody", PROVIDER_KEY: "k" }, message: "PROVIDER is not one of openai" },
    { env: { PROVIDER: "openai" }, message: "PROVIDER=openai needs a key in PROVIDER_KEY" },
  ];
  for (const { env, message } of cases) {
    const TMPDIR = t.testdir();
    const command = demo(t, { TMPDIR, ...env });
    t.equal(await command.exited, 1);
    t.match(command.stderr, `vaultproof: error: ${message}`);
    t.same(await ownFolders(TMPDIR), []);
  }
});

function demo(t: Test, env: Record<string, string>): RunningCommand {
  const command = runCommand(["demo"], env);
  t.teardown(() => command.child.kill("SIGKILL"));
  return command;
}

async function ownFolders(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith("vaultproof-demo-"));
}
