import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "dotenv";
import t from "tap";
import { makeLoggedInDevice, type CliDevice, type CommandEnd } from "../helpers/cli-device.js";
import { madeUpKeys } from "../helpers/env-shapes.js";
import { startStack, type Stack } from "../helpers/stack.js";

t.setTimeout(600_000);

let stack: Stack;
let device: CliDevice;
t.before(async () => {
  stack = await startStack({ database: "pglite" });
  device = await makeLoggedInDevice(t, stack);
});
t.teardown(() => stack.close());

const read = (folder: string) => readFile(join(folder, ".env"), "utf8");
const write = (folder: string, text: string) => writeFile(join(folder, ".env"), text);

/** A folder whose `.env` went through `init`. */
async function initialized(original: string, env: Record<string, string> = {}) {
  const folder = await device.folder();
  const init = (...args: string[]): Promise<CommandEnd> =>
    device.run(["init", "--yes", ...args], { cwd: folder, env });
  await write(folder, original);
  const { code, stderr } = await init();
  t.equal(code, 0, stderr);
  const slots = async (): Promise<string[]> => {
    const { stdout } = await device.run(["keys", "list", "--json"]);
    const { keySlots } = JSON.parse(stdout) as { keySlots: { id: string; label: string }[] };
    const name = folder.split("/").at(-1) ?? "";
    return keySlots.filter(({ label }) => label.startsWith(`${name} `)).map(({ id }) => id);
  };
  return { folder, init, slots };
}

/** Puts a key behind a variable that holds a placeholder. */
async function putKey(folder: string, name: string, key: string): Promise<string> {
  const text = await read(folder);
  const edited = text.replace(parse(text)[name] ?? "", key);
  t.not(edited, text);
  await write(folder, edited);
  return edited;
}

void t.test("a key whose slot has ended is not forgotten, unless that is said", async (t) => {
  const original = `OPENAI_API_KEY=${madeUpKeys().openai}\n`;
  const { folder, init, slots } = await initialized(original);
  const [slot = ""] = await slots();
  t.equal((await device.run(["keys", "revoke", slot, "--yes"])).code, 0);
  const refused = await init("--forget");
  t.equal(refused.code, 1);
  t.match(
    refused.stderr,
    new RegExp(`nothing but the backup has the key of OPENAI_API_KEY \\(its slot ${slot} has`),
  );
  t.equal((await init("--undo", "--even-if-lost")).code, 2);
  t.equal((await init("--undo")).code, 0, "the backup is still there");
  t.equal(await read(folder), original);
  t.equal((await init()).code, 0);
  const [again = ""] = await slots();
  t.equal((await device.run(["keys", "revoke", again, "--yes"])).code, 0);
  const forgotten = await init("--forget", "--even-if-lost");
  t.equal(forgotten.code, 0, forgotten.stderr);
  t.notMatch(forgotten.stdout, /in the vault/);
  t.match((await init("--undo")).stderr, /deleted by --forget/);
});

void t.test("nothing is forgotten while a file holds the key or the service is away", async (t) => {
  const key = madeUpKeys().openai;
  const { folder, init } = await initialized(`OPENAI_API_KEY=${key}\n`);
  const placeholders = await read(folder);
  await write(folder, `${placeholders}# was ${key}\n`);
  const held = await init("--forget");
  t.equal(held.code, 1);
  t.match(held.stderr, /the key of OPENAI_API_KEY.* is still in a file/);
  await write(folder, placeholders);
  t.equal((await init("--forget")).code, 0);

  const away = await stack.startEdge(stack.servers[0]?.url ?? "");
  await device.run(["config", "set", "url", away.url]);
  await device.run(["config", "set", "server-identity", stack.identity]);
  const other = await initialized(`OPENAI_API_KEY=${madeUpKeys().openai}\n`, { VAULTPROOF_URL: away.url });
  await away.child.stop();
  await device.run(["config", "set", "url", stack.edgeUrl]);
  await device.run(["config", "set", "server-identity", stack.identity]);
  const refused = await other.init("--forget");
  t.equal(refused.code, 4);
  t.match(
    refused.stderr,
    /gives no answer: the backup may be all there is\n.*must be reachable to make sure/,
  );
  t.equal((await other.init("--forget", "--even-if-lost")).code, 0);
});

void t.test("a newer key in the place of one whose slot has ended: undo puts the newest back", async (t) => {
  const { openai, anthropic } = madeUpKeys();
  const { folder, init, slots } = await initialized(
    `OPENAI_API_KEY=${openai}\nANTHROPIC_API_KEY=${anthropic}\n`,
  );
  const { stdout } = await device.run(["keys", "list", "--json"]);
  const { keySlots } = JSON.parse(stdout) as { keySlots: { id: string; provider: string }[] };
  const own = await slots();
  const slot = keySlots.find(({ id, provider }) => own.includes(id) && provider === "openai")?.id ?? "";
  t.equal((await device.run(["keys", "revoke", slot, "--yes"])).code, 0);
  const newer = madeUpKeys().openai;
  await putKey(folder, "OPENAI_API_KEY", newer);
  t.equal((await init()).code, 0);
  const undone = await init("--undo");
  t.equal(undone.code, 0, undone.stderr);
  t.match(undone.stderr, /OPENAI_API_KEY: the newer key .* is back; the older one is given up/);
  t.equal(await read(folder), `OPENAI_API_KEY=${newer}\nANTHROPIC_API_KEY=${anthropic}\n`);
  t.same(await slots(), [], "no slot is left active");
});

void t.test("a newer key over a placeholder that was good: the same, and forgetting warns", async (t) => {
  const { folder, init, slots } = await initialized(`OPENAI_API_KEY=${madeUpKeys().openai}\n`);
  const newer = madeUpKeys().openai;
  await putKey(folder, "OPENAI_API_KEY", newer);
  t.equal((await init()).code, 0);
  await write(folder, `${await read(folder)}LATER=1\n`);
  const undone = await init("--undo");
  t.equal(undone.code, 0, undone.stderr);
  t.equal(await read(folder), `OPENAI_API_KEY=${newer}\nLATER=1\n`);
  t.same(await slots(), []);

  t.equal((await init()).code, 0);
  const [slot = ""] = await slots();
  t.equal((await device.run(["keys", "revoke", slot, "--yes"])).code, 0);
  await putKey(folder, "OPENAI_API_KEY", madeUpKeys().openai);
  t.equal((await init()).code, 0);
  const forgotten = await init("--forget");
  t.equal(forgotten.code, 0, forgotten.stderr);
  t.match(forgotten.stderr, /the older key of OPENAI_API_KEY .* is given up/);
});
