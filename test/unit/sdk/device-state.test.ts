import { execFile } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { toBase64 } from "@vaultproof/protocol/encoding";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { CANARY_KEY, createMemoryVault, temporaryFolder } from "../../helpers/memory-vault.js";

const run = promisify(execFile);
const STORE = { apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["my-app"] } as const;

async function files(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

void t.test("files are 0600 in a folder of 0700 and show nothing", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId, bundle } = await memory.openStoredApp();
  await vault.apps.grant(keySlotId, "second/../app".replaceAll("/", ":"));
  const folder = join(memory.stateDir, vault.developerId);
  t.equal((await stat(folder)).mode & 0o777, 0o700);
  const found = await files(memory.stateDir);
  t.equal(found.length, 4, "a server, a slot, two apps");

  const { share2, slotSecret, appSecret } = parseBundle(bundle);
  const secrets = [
    share2,
    Buffer.from(slotSecret.toString(16), "hex"),
    Buffer.from(appSecret.toString(16), "hex"),
  ];
  const spellings = [
    CANARY_KEY,
    memory.developerKey,
    bundle,
    memory.service.identity(),
    ...secrets.flatMap((bytes) => [toBase64(bytes), Buffer.from(bytes).toString("hex")]),
  ];
  for (const file of found) {
    t.equal((await stat(file)).mode & 0o777, 0o600, file);
    const content = await readFile(file);
    for (const spelling of spellings) t.notOk(content.includes(spelling));
    for (const bytes of secrets) t.notOk(content.includes(Buffer.from(bytes)));
  }
});

void t.test("a folder that was left open is closed", async (t) => {
  const memory = await createMemoryVault(t);
  const umask = process.umask(0);
  try {
    const vault = await memory.openVault();
    await vault.keys.store(STORE);
    for (const file of await files(memory.stateDir)) t.equal((await stat(file)).mode & 0o777, 0o600);
  } finally {
    process.umask(umask);
  }
});

void t.test("another start of the program grants and revokes on what the first left", async (t) => {
  const memory = await createMemoryVault(t);
  const first = await memory.openVault();
  const { keySlotId } = await first.keys.store(STORE);
  await first.close();
  const second = await memory.openVault();
  const { bundle } = await second.apps.grant(keySlotId, "later");
  const app = await memory.openApp(bundle);
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal(memory.service.state.executed[0]?.key, CANARY_KEY);
  await second.apps.revoke(keySlotId, "later");
  t.equal((await app.fetch("/v1/models")).status, 403);
});

void t.test("state is saved before the request leaves", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const seen: number[] = [];
  memory.service.intercept(async (_, next) => {
    seen.push((await files(memory.stateDir)).length);
    return next();
  });
  await vault.keys.store(STORE);
  t.same(seen, [3], "server, slot and app, when the store arrives");
});

void t.test("a refused store leaves nothing, a revoked slot leaves nothing", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const before = await files(memory.stateDir);
  memory.service.intercept((request, next) => {
    const { keySlotId } = JSON.parse(request.body || "{}") as { keySlotId?: string };
    if (keySlotId !== undefined) {
      const store = { keySlotId, share1_encrypted: "", vaultCommitment: "" };
      memory.service.state.slots.set(keySlotId, {
        developer: new Uint8Array(),
        store,
        leaves: new Map(),
        revoked: false,
      });
    }
    return next();
  });
  await t.rejects(vault.keys.store(STORE), { code: "refused", status: 409 });
  t.same(await files(memory.stateDir), before);
  memory.service.intercept(undefined);
  const { keySlotId } = await vault.keys.store(STORE);
  await vault.apps.grant(keySlotId, "second");
  await vault.keys.revoke(keySlotId);
  t.same(await files(memory.stateDir), before);
});

void t.test("a device that has not the slot says so", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const { keySlotId } = await vault.keys.store(STORE);
  const elsewhere = await memory.openVault({ stateDir: await temporaryFolder(t) });
  await t.rejects(elsewhere.apps.grant(keySlotId, "b"), {
    code: "state-missing",
    message: /stateDir/,
    keySlotId,
  });
  await elsewhere.keys.revoke(keySlotId);
  t.ok(memory.service.state.slots.get(keySlotId)?.revoked, "revoking needs no share");
});

void t.test("another developer's state, or a damaged one, is not taken for this one's", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const { keySlotId } = await vault.keys.store(STORE);
  const { keySlotId: second } = await vault.keys.store(STORE);
  const folder = join(memory.stateDir, vault.developerId);
  const slotFile = join(folder, `slot-${keySlotId}.vps`);
  await writeFile(join(folder, `slot-${second}.vps`), await readFile(slotFile));
  await t.rejects(vault.apps.grant(second, "b"), { code: "state-damaged" }, "files are bound to their names");
  const bytes = await readFile(slotFile);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  await writeFile(slotFile, bytes);
  await t.rejects(vault.apps.grant(keySlotId, "b"), { code: "state-damaged" });
  const other = await memory.openVault({ developerKey: VaultProof.generateDeveloperKey("test") });
  t.not(other.developerId, vault.developerId);
});

void t.test("two processes at once corrupt nothing", async (t) => {
  const folder = await temporaryFolder(t);
  const developerKey = VaultProof.generateDeveloperKey("test");
  const script = fileURLToPath(new URL("../../helpers/store-many.js", import.meta.url));
  const env = {
    ...process.env,
    STATE_DIR: folder,
    DEVELOPER_KEY: developerKey,
    IDENTITY_SEED: "11".repeat(32),
  };
  const outputs = await Promise.all([1, 2].map(() => run(process.execPath, [script], { env })));
  const stored = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
  t.equal(stored.length, 20);
  const found = await files(folder);
  t.equal(found.filter((file) => file.includes("slot-")).length, 20);
  t.equal(found.length, 20 + 20 * 2 + 1, "slots, apps, one server; no file left half-written");
  const again = await run(process.execPath, [script, ...stored], { env });
  t.same(JSON.parse(again.stdout), stored, "a third process reads every one of them");
});
