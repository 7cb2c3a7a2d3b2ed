import { cp } from "node:fs/promises";
import { digest } from "@vaultproof/protocol/framing";
import { VaultProof } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { readFolder } from "../../helpers/device.js";
import {
  CANARY_KEY,
  createMemoryVault,
  temporaryFolder,
  type MemoryVault,
} from "../../helpers/memory-vault.js";

const PASSPHRASE = "correct horse battery staple";
const NEXT_KEY = "sk-next-canary-77aa01";

async function keyOf(memory: MemoryVault, bundle: string | undefined): Promise<string> {
  const app = await memory.openApp(bundle ?? "");
  const { status } = await app.fetch("/v1/models");
  return status === 200 ? (memory.service.state.executed.at(-1)?.key ?? "") : String(status);
}

async function restore(memory: MemoryVault, kit: string, stateDir: string, passphrase = PASSPHRASE) {
  const { fetch } = memory.service;
  return await VaultProof.restore(kit, passphrase, { fetch, stateDir });
}

const newDevice = (t: Test) => temporaryFolder(t);

void t.test("a new device goes on with a kit and its passphrase alone", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  await vault.keys.store({ apiKey: "sk-another", provider: "openai", label: "x", apps: [] });
  await vault.keys.refresh(keySlotId);
  const kit = await vault.recoveryKit(PASSPHRASE);
  t.match(kit, /^vpk_[A-Za-z0-9_-]+$/);
  const content = Buffer.from(kit.slice(4), "base64url");
  t.notOk(content.includes("developerKey"), "it shows nothing");
  t.same(await VaultProof.readRecoveryKit(kit, PASSPHRASE), {
    ...{ developerKey: memory.developerKey, url: memory.service.url, serverIdentity: vault.serverIdentity },
  });

  const restored = await restore(memory, kit, await newDevice(t));
  t.equal(restored.developerId, vault.developerId);
  const { bundle } = await restored.apps.grant(keySlotId, "later");
  t.equal(await keyOf(memory, bundle), CANARY_KEY);
  const { bundles } = await restored.keys.refresh(keySlotId);
  t.same(Object.keys(bundles).sort(), ["later", "my-app"]);
  t.equal(await keyOf(memory, bundles["my-app"]), CANARY_KEY);
  const rotated = await restored.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(await keyOf(memory, rotated.bundles.later), NEXT_KEY);
});

void t.test("a rotation whose answer was lost is settled on the new device", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  memory.service.intercept(async (request, next) => {
    const answer = await next();
    if (request.path.endsWith("/rotate")) throw new TypeError("fetch failed");
    return answer;
  });
  await t.rejects(vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY }), { code: "unreachable" });
  memory.service.intercept(undefined);
  const kit = await vault.recoveryKit(PASSPHRASE);
  const restored = await restore(memory, kit, await newDevice(t));
  const { bundle } = await restored.apps.grant(keySlotId, "later");
  t.equal(await keyOf(memory, bundle), NEXT_KEY);
});

void t.test("a device that has state already loses none of it", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const early = await vault.recoveryKit(PASSPHRASE);
  const copy = await newDevice(t);
  await cp(memory.stateDir, copy, { recursive: true });
  const { bundles } = await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  const { bundle: regranted } = await vault.apps.grant(keySlotId, "my-app");
  t.equal(await keyOf(memory, bundles["my-app"]), "404", "its leaf is gone");
  const before = await readFolder(memory.stateDir);

  const again = await restore(memory, early, memory.stateDir);
  t.same(await readFolder(memory.stateDir), before, "an older kit changes nothing");
  const refreshed = await again.keys.refresh(keySlotId);
  t.equal(await keyOf(memory, regranted), "403");
  t.equal(await keyOf(memory, refreshed.bundles["my-app"]), NEXT_KEY, "with the secret that is here");

  const behind = await memory.openVault({ stateDir: copy });
  await t.rejects(behind.apps.grant(keySlotId, "x"), { code: "state-stale" });
  const late = await again.recoveryKit(PASSPHRASE);
  const ahead = await restore(memory, late, copy);
  const { bundle } = await ahead.apps.grant(keySlotId, "x");
  t.equal(await keyOf(memory, bundle), NEXT_KEY, "a newer kit brings a device up to date");
  const settled = await readFolder(copy);
  await restore(memory, late, copy);
  t.same([...(await readFolder(copy)).keys()].sort(), [...settled.keys()].sort(), "twice is as once");
});

void t.test("passphrases", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault } = await memory.openStoredApp();
  const short = { code: "invalid-argument", message: /12 characters/ };
  for (const text of ["", "elevencharsx".slice(1), "\ud800".repeat(20), undefined, 12]) {
    await t.rejects(vault.recoveryKit(text as string), short, String(text));
  }
  const folder = await newDevice(t);
  // The same letters, composed and not, and a full-width space: what keyboards of two devices give.
  const kit = await vault.recoveryKit("caf\u00e9 au lait, s'il vous pla\u00eet");
  await restore(memory, kit, folder, "cafe\u0301 au\u3000lait, s'il vous plai\u0302t");
  const wrong = await Promise.all(
    ["", "x", "Caf\u00e9 au lait, s'il vous pla\u00eet", PASSPHRASE].map((guess) =>
      restore(memory, kit, folder, guess).catch((error: unknown) => error as Error),
    ),
  );
  t.match(
    wrong,
    wrong.map(() => ({ code: "wrong-passphrase" })),
  );
  t.equal(new Set(wrong.map((error) => (error as Error).message)).size, 1, "one answer, whatever was wrong");
  await t.rejects(VaultProof.readRecoveryKit(kit, undefined as unknown as string), {
    code: "invalid-argument",
  });
});

void t.test("a kit that was cut, altered, or made to cost", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault } = await memory.openStoredApp();
  const kit = await vault.recoveryKit(PASSPHRASE);
  const folder = await newDevice(t);
  const bytes = new Uint8Array(Buffer.from(kit.slice(4), "base64url"));
  const format = (changed: Uint8Array) => `vpk_${Buffer.from(changed).toString("base64url")}`;
  /** With a checksum that fits, as an attacker writes it. */
  const altered = (change: (body: DataView) => void) => {
    const body = bytes.slice(0, -8);
    change(new DataView(body.buffer));
    const checksum = digest("vaultproof recovery kit checksum v1", body).subarray(0, 8);
    return format(Buffer.concat([body, checksum]));
  };
  const invalid = { code: "kit-invalid" };
  for (const text of [
    "",
    "vpk_",
    kit.slice(0, -1),
    kit.slice(0, 40),
    `${kit}AA`,
    kit.slice(4),
    `${kit}!`,
    undefined,
  ]) {
    await t.rejects(restore(memory, text ?? "", folder), invalid, String(text).slice(0, 50));
  }
  for (const at of [0, 20, bytes.length - 1]) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    await t.rejects(restore(memory, format(flipped), folder), invalid, `byte ${at}`);
  }
  const before = process.memoryUsage().rss;
  const hostile = [
    (body: DataView) => body.setUint32(5, 4 * 1024 * 1024),
    (body: DataView) => body.setUint32(5, 0xffffffff),
    (body: DataView) => body.setUint32(5, 0),
    (body: DataView) => body.setUint32(1, 0xffffffff),
    (body: DataView) => body.setUint32(1, 0),
    (body: DataView) => body.setUint8(9, 255),
    (body: DataView) => body.setUint8(0, 2),
  ];
  for (const change of hostile) await t.rejects(restore(memory, altered(change), folder), invalid);
  t.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024, "no memory was taken for it");
  for (const at of [10, 30, 39, bytes.length - 9]) {
    const flip = (body: DataView) => body.setUint8(at, body.getUint8(at) ^ 1);
    await t.rejects(restore(memory, altered(flip), folder), { code: "wrong-passphrase" }, `byte ${at}`);
  }
  const fewer = altered((body) => body.setUint32(1, 2));
  await t.rejects(restore(memory, fewer, folder), { code: "wrong-passphrase" }, "cheaper parameters");
  t.same(await readFolder(folder), new Map(), "and nothing is written");
  const spaced = await restore(memory, `\n ${kit}\n`, folder);
  t.equal(spaced.developerId, vault.developerId, "white space around it is nothing");
});
