import { randomBytes, randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPostgres } from "@vaultproof/db/postgres";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { rotateKeys } from "@vaultproof/server/commands/rotate-keys";
import { createStorageKeys } from "@vaultproof/server/keys/storage-keys";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { startChild } from "../helpers/child-process.js";
import { createTestDatabase, postgresSkipReason } from "../helpers/databases.js";
import { temporaryFolder } from "../helpers/memory-vault.js";
import { openDevice } from "../helpers/device.js";
import { openProver } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";
import { findUnopenable, storedSealedSlot, type SealedTestSlot } from "../helpers/stored-slot.js";

const BIN = fileURLToPath(new URL("../../../server/bin/vaultproof-server.js", import.meta.url));
const noPostgres = await postgresSkipReason();

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const [first, second] = [randomBytes(32), randomBytes(32)];
const before = createStorageKeys({ current: first, old: [] });
const during = createStorageKeys({ current: second, old: [first] });
const after = createStorageKeys({ current: second, old: [] });
const SECRETS = {
  SERVER_ENCRYPTION_KEY: base64(second),
  SERVER_ENCRYPTION_KEYS_OLD: base64(first),
  SERVER_IDENTITY_KEY: base64(randomBytes(32)),
  EDGE_SECRETS: `test:${base64(randomBytes(32))}`,
};

void t.test("killed at any moment, it leaves every share able to open", { skip: noPostgres }, async (t) => {
  const { url, drop } = await createTestDatabase();
  const db = await openPostgres({ url });
  t.teardown(async () => {
    await db.close();
    await drop();
  });
  await migrate(db);
  await ensurePartitions(db);
  const slots: SealedTestSlot[] = [];
  for (let i = 0; i < 300; i++) slots.push(await storedSealedSlot(db, before.current));
  const env = { ...SECRETS, DATABASE_URL: url };
  const left = async () => (await findUnopenable(db, slots, after)).length;

  const seen = [await left()];
  for (let kill = 0; kill < 4; kill++) {
    const child = startChild(BIN, { env, args: ["rotate-keys", "--batch", "3"] });
    const lines = randomInt(1, 8);
    const microPause = randomInt(0, 6);
    t.comment(`kill ${kill}: after ${lines} batches and ${microPause} ms`);
    await child.waitFor(new RegExp(`(?:examined[^]*){${lines}}`));
    await new Promise((resolve) => setTimeout(resolve, microPause));
    await child.stop("SIGKILL");
    t.same(await findUnopenable(db, slots, during), [], "at this moment");
    seen.push(await left());
  }
  t.same(
    [...seen].sort((a, b) => b - a),
    seen,
    `it only gets fewer: ${seen.join(", ")}`,
  );
  t.ok((seen.at(-1) ?? 0) > 0, "the kills came before the end");
  const last = startChild(BIN, { env, args: ["rotate-keys"] });
  t.same(await last.ended, { code: 0, signal: null });
  t.match(last.output(), /Every share is sealed to the current SERVER_ENCRYPTION_KEY/);
  t.equal(await left(), 0);
  for (const secret of [first, second]) t.notOk(last.output().includes(base64(secret)));
});

/** The command without a process of its own. */
async function runHere(args: readonly string[], env: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const code = await rotateKeys(args, env, { out: write, err: write });
  return { code, output: lines.join("\n") };
}

void t.test("says what it cannot do", async (t) => {
  const env = { ...SECRETS, DATA_DIR: await temporaryFolder(t) };
  for (const args of [
    ["--batch", "0"],
    ["--batch", "1e3"],
    ["--batch", "1001"],
    ["--batch", ""],
    ["--force"],
    ["now"],
  ]) {
    await t.rejects(runHere(args, env), { name: "UsageError" }, args.join(" "));
  }
  t.match(await runHere([], env), { code: 3, output: /no tables of VaultProof yet/ }, "a new folder");
  const wrong = await runHere([], { ...env, SERVER_ENCRYPTION_KEYS_OLD: "c2hvcnQ=" });
  t.match(wrong, { code: 3, output: /SERVER_ENCRYPTION_KEYS_OLD/ });
  t.notMatch(wrong.output, "c2hvcnQ=");
  const away = await runHere([], { ...env, DATABASE_URL: "postgres://x:hunter2secret@127.0.0.1:9/x" });
  t.match(away, { code: 3, output: /ECONNREFUSED/ });
  t.notMatch(away.output, "hunter2secret");
  const [unknown, help] = [["rotate-key"], ["--help"]].map((args) => startChild(BIN, { env, args }));
  t.match(await unknown?.ended, { code: 2 });
  t.match(unknown?.output(), /Usage: vaultproof-server/);
  t.match(await help?.ended, { code: 0 });
});

void t.test("on the embedded database", async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const vault = await openVault(t, stack);
  const { keySlotId } = await storeProviderKey(vault, stack);
  const env = { ...stack.serverEnv, SERVER_ENCRYPTION_KEY: base64(second) };
  const run = (extra: Record<string, string> = {}) => runHere([], { ...env, ...extra });
  t.match(await run(), { code: 3, output: /is in use[^]*stop the server/ });
  await stack.servers[0]?.child.stop();
  t.match(await run(), { code: 1, output: new RegExp(`slot ${keySlotId} does not open: sealed to key`) });
  const restarted = await stack.startServer({ SERVER_ENCRYPTION_KEY: base64(second) });
  await restarted.child.waitFor(/"slots":1,"msg":"shares are sealed to keys/);
  await restarted.child.stop();
  t.match(await run({ SERVER_ENCRYPTION_KEYS_OLD: stack.serverEnv.SERVER_ENCRYPTION_KEY ?? "" }), {
    code: 0,
  });
});

const skip = noPostgres || (findReferenceString() === undefined && noReferenceString);

void t.test("keys and edge secrets change under calls, in the documented order", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres" });
  t.teardown(() => stack.close());
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const { edgeUrl: url, identity } = stack;
  const { vault, developerKey, stateDir } = await openDevice(t, { url, identity });
  const { keySlotId, bundles } = await storeProviderKey(vault, stack);
  const callAt = async (url: string) => {
    const app = await openApp(t, { url, bundle: bundles[0] ?? "", prover });
    return (await app.fetch("/v1/models")).status;
  };
  const oldKey = stack.serverEnv.SERVER_ENCRYPTION_KEY ?? "";
  const newKey = base64(second);
  const newEdge = `next:${base64(randomBytes(32))}`;
  const start = async (env: Record<string, string>, edgeSecrets: string) => {
    const server = await stack.startServer(env);
    const edge = await stack.startEdge(server.url, { EDGE_SECRETS: edgeSecrets });
    return { server, url: edge.url, env };
  };

  await t.test("the new key is known everywhere before it is used anywhere", async (t) => {
    const knowing = { SERVER_ENCRYPTION_KEYS_OLD: newKey, EDGE_SECRETS: `${stack.edgeSecrets},${newEdge}` };
    const one = await start(knowing, stack.edgeSecrets);
    const using = { ...knowing, SERVER_ENCRYPTION_KEY: newKey, SERVER_ENCRYPTION_KEYS_OLD: oldKey };
    const other = await start(using, `${newEdge},${stack.edgeSecrets}`);
    const { bundle } = await sealedAtTheNewKey(other.url);
    t.equal(await callAt(one.url), 200, "an old share, at a server that uses the old key");
    t.equal(await callAt(other.url), 200, "and at one that uses the new, by an edge that signs anew");
    const app = await openApp(t, { url: one.url, bundle, prover });
    t.equal(
      (await app.fetch("/v1/models")).status,
      200,
      "a new share, at a server that still uses the old key",
    );

    const statuses: number[] = [];
    let running = true;
    const calling = Promise.all(
      [one.url, other.url].map(async (url) => {
        while (running) statuses.push(await callAt(url));
      }),
    );
    for (let i = 0; i < 2; i++) {
      const env = { ...stack.serverEnv, ...using };
      const child = startChild(BIN, { env, args: ["rotate-keys", "--batch", "1"] });
      t.same(await child.ended, { code: 0, signal: null });
    }
    running = false;
    await calling;
    t.same(new Set(statuses), new Set([200]), `${statuses.length} calls meanwhile`);
    t.equal(await callAt(one.url), 200, "a server of the old settings opens what was sealed anew");
    await one.server.child.stop();
    await other.server.child.stop();
  });

  await t.test("then the old ones may go", async (t) => {
    const env = { SERVER_ENCRYPTION_KEY: newKey, EDGE_SECRETS: newEdge };
    const { url, server } = await start(env, newEdge);
    t.equal(await callAt(url), 200);
    t.notMatch(server.child.output(), "shares are sealed to keys");
    const edge = await stack.startEdge(server.url, { EDGE_SECRETS: stack.edgeSecrets });
    const app = await fetch(`${edge.url}/.well-known/vaultproof`);
    t.equal(app.status, 403, "an edge that was forgotten");
    await server.child.stop();
  });

  await t.test("a new identity means new pins and bundles, and nothing else", async (t) => {
    for (const server of stack.servers) await server.child.stop();
    const env = {
      SERVER_ENCRYPTION_KEY: newKey,
      SERVER_IDENTITY_KEY: base64(randomBytes(32)),
      SERVER_IDENTITIES_OLD: stack.identity,
    };
    const { url, server } = await start(env, stack.edgeSecrets);
    const [, identity = ""] = await server.child.waitFor(/"identity":"([A-Za-z0-9_-]{43})"/);
    const device = { url, developerKey, stateDir };
    const before = VaultProof.open({ ...device, serverIdentity: stack.identity });
    await t.rejects(before, { code: "identity-changed" });
    const pinned = await VaultProof.open({ ...device, serverIdentity: identity });
    const refreshed = await pinned.keys.refresh(keySlotId);
    const app = await openApp(t, { url, bundle: refreshed.bundles["my-app"] ?? "", prover });
    t.equal((await app.fetch("/v1/models")).status, 200);
    // It links what is left before it ends.
    await server.child.stop();
    t.notMatch(server.child.output(), "behind a break", "the log's chains go on");
    t.same(await chainHeads(keySlotId), [identity, identity], "under the new identity");
  });

  /** Fingerprints of the identities that signed the log's chains of the slot and its developer last. */
  async function chainHeads(slotId: string): Promise<string[]> {
    const db = await openPostgres({ url: stack.databaseUrl ?? "" });
    try {
      const { rows } = await db.query<{ key: Uint8Array }>({
        text: `SELECT head_identity AS key FROM log_chains
                WHERE chain = 'slot:' || $1
                   OR chain = (SELECT 'developer:' || developer_id FROM key_slots WHERE id = $1::uuid)`,
        values: [slotId],
      });
      return rows.map(({ key }) => keyFingerprint(key));
    } finally {
      await db.close();
    }
  }

  async function sealedAtTheNewKey(url: string) {
    const developer = await openVault(t, stack, url);
    const stored = await storeProviderKey(developer, stack);
    return { bundle: stored.bundles[0] ?? "" };
  }
});
