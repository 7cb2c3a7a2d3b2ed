import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLogCsv } from "@vaultproof/protocol/log-csv";
import { signLogPoint } from "@vaultproof/protocol/log-head";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import t from "tap";
import { runCommand } from "../helpers/command.js";
import { chainOf } from "../helpers/log-stage.js";

// What the command gives to programs: documents, exit codes, and no fuss when they leave.

const folder = await mkdtemp(join(tmpdir(), "vaultproof-results-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
const ENV = { VAULTPROOF_CONFIG_DIR: join(folder, "config"), VAULTPROOF_KEYRING: "off" };

void t.test("whoever reads the output may leave before its end", async (t) => {
  for (const args of [["--help"], ["config", "--json"]]) {
    const { child, exited, ...command } = runCommand(args, ENV);
    child.stdout?.destroy();
    t.equal(await exited, 141, args.join(" "));
    t.equal(command.stderr, "", "no stack, no word");
  }
  const failing = runCommand(["whoami"], ENV);
  failing.child.stderr?.destroy();
  t.equal(await failing.exited, 5, "an error that nobody reads keeps its exit code");
});

void t.test("with --json a wrong command line is a document too", async (t) => {
  const key = "sk1234567890abcdefghijklmnop";
  const cases: Record<string, RegExp> = {
    "keys list --json --nope": /^unknown option '--nope'$/,
    "nosuch --json": /unknown command 'nosuch'/,
    "config set url --json": /missing required argument 'value'/,
    "gateway --json --port many": /argument 'many' is invalid/,
    [`whoami --json --label=${key}`]: /unknown option/,
  };
  for (const [line, message] of Object.entries(cases)) {
    const command = runCommand(line.split(" "), ENV);
    t.equal(await command.exited, 2, line);
    t.match(JSON.parse(command.stdout), { error: { code: "usage", message, hint: /--help/ } });
    t.match(command.stderr, /^vaultproof: error: /, "and for a person");
    t.notOk((command.stdout + command.stderr).includes(key), "no key is repeated");
  }
});

void t.test("audit verify --json", async (t) => {
  const identity = createServerIdentity(randomBytes(32));
  const rows = chainOf(3, "slot:3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d");
  const last = rows.at(-1);
  if (last === undefined) throw new RangeError("no rows");
  const { chain, seq, hash, at } = last;
  const head = signLogPoint("head", { chain, seq, hash, at }, identity);
  const file = join(folder, "calls.csv");
  const csv = writeLogCsv(rows);
  await writeFile(file, csv);
  await writeFile(`${file}.head.json`, JSON.stringify({ head }));
  const verify = async (...args: string[]): Promise<{ code: number | null; document: unknown }> => {
    const command = runCommand(["audit", "verify", file, "--json", ...args], ENV);
    const code = await command.exited;
    return { code, document: JSON.parse(command.stdout) };
  };
  const verdict = { chain, ok: true, rows: 3, from: 1, to: 3, signer: identity.fingerprint };
  t.same(await verify(), { code: 0, document: { ...verdict, pinned: false } });
  const pinned = await verify("--server-identity", identity.fingerprint);
  t.same(pinned, { code: 0, document: { ...verdict, pinned: true } });
  await writeFile(file, csv.replace("200", "201"));
  t.match(await verify(), { code: 1, document: { chain, ok: false, seq: 1, problem: /./, message: /./ } });
  await rm(`${file}.head.json`);
  t.match(await verify(), { code: 2, document: { error: { code: "audit-input" } } });
});

void t.test("what goes on for a while understands --json as well", async (t) => {
  for (const name of ["up", "demo", "gateway"]) {
    const help = runCommand([name, "--help"], ENV);
    await help.exited;
    t.match(help.stdout, /--json +print the result as one JSON document/, name);
  }
  const none = runCommand(["gateway", "--json", "--port", "0"], ENV);
  t.equal(await none.exited, 1);
  t.match(JSON.parse(none.stdout), { error: { code: "no-project" } });
  const up = runCommand(["up", "--json"], {
    ...ENV,
    ...{ DATA_DIR: join(folder, "data"), EDGE_PORT: "0", SERVER_PORT: "0", OPS_PORT: "0" },
  });
  t.teardown(() => up.child.kill("SIGKILL"));
  const [line] = await up.waitFor(/^\{"edgeUrl".*\n/m);
  t.match(JSON.parse(line), { edgeUrl: /^http:/, identity: /^[\w-]{43}$/ });
  up.child.kill("SIGTERM");
  t.equal(await up.exited, 0);
  for (const said of up.stdout.trimEnd().split("\n")) t.doesNotThrow(() => JSON.parse(said) as unknown, said);
});
