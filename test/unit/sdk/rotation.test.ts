import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { sealAtRest, sealShareAtRest } from "@vaultproof/protocol/share-at-rest";
import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import t, { type Test } from "tap";
import { readFolder } from "../../helpers/device.js";
import {
  CANARY_KEY,
  createMemoryVault,
  temporaryFolder,
  type MemoryVault,
} from "../../helpers/memory-vault.js";

const NEXT_KEY = "sk-next-canary-77aa01";

async function keyOf(memory: MemoryVault, bundle: string | undefined): Promise<string> {
  const app = await memory.openApp(bundle ?? "");
  const { status } = await app.fetch("/v1/models");
  return status === 200 ? (memory.service.state.executed.at(-1)?.key ?? "") : String(status);
}

const slotFiles = async (memory: MemoryVault): Promise<string[]> => {
  const names = await readdir(memory.stateDir, { recursive: true });
  return names.filter((name) => /share-|slot-/.test(name)).sort();
};

void t.test("rotate and refresh give new bundles, and the old ones die", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId, bundle } = await memory.openStoredApp();
  await vault.apps.grant(keySlotId, "second");
  const refreshed = await vault.keys.refresh(keySlotId);
  t.same(Object.keys(refreshed.bundles).sort(), ["my-app", "second"]);
  t.equal(await keyOf(memory, bundle), "403");
  t.equal(await keyOf(memory, refreshed.bundles["my-app"]), CANARY_KEY);
  const rotated = await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(await keyOf(memory, refreshed.bundles.second), "403");
  for (const one of Object.values(rotated.bundles)) t.equal(await keyOf(memory, one), NEXT_KEY);
  t.equal(parseBundle(rotated.bundles.second ?? "").slotVersion, 3);
  const again = await vault.keys.refresh(keySlotId);
  t.equal(await keyOf(memory, again.bundles.second), NEXT_KEY);
  const bytes = new TextEncoder().encode(CANARY_KEY);
  await vault.keys.rotate(keySlotId, { apiKey: bytes });
  t.same(bytes, new Uint8Array(bytes.length), "bytes are wiped");
  const { bundle: later } = await vault.apps.grant(keySlotId, "third");
  t.equal(await keyOf(memory, later), CANARY_KEY);
  t.equal((await slotFiles(memory)).length, 2, "the slot and one share; nothing of the shares before");
  await vault.keys.revoke(keySlotId);
  t.same(await slotFiles(memory), []);
});

void t.test("a key of today's document, when the one at hand was forgotten", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const { state } = memory.service;
  state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 }];
  const { bundles } = await vault.keys.refresh(keySlotId);
  t.equal(await keyOf(memory, bundles["my-app"]), CANARY_KEY);
});

void t.test("mistakes are told before anything is sent", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const sent = memory.service.requests.length;
  const invalid = { code: "invalid-argument" };
  await t.rejects(vault.keys.rotate("x", { apiKey: NEXT_KEY }), invalid);
  await t.rejects(vault.keys.refresh("x"), invalid);
  await t.rejects(vault.keys.rotate(keySlotId, { apiKey: undefined as unknown as string }), invalid);
  t.equal(memory.service.requests.length, sent);
  await t.rejects(vault.keys.rotate(keySlotId, { apiKey: "two words" }), invalid);
  await t.rejects(vault.keys.rotate(keySlotId, { apiKey: "" }), invalid);
  t.equal((await slotFiles(memory)).length, 1);
  const elsewhere = await memory.openVault({ stateDir: await temporaryFolder(t) });
  await t.rejects(elsewhere.keys.refresh(keySlotId), { code: "state-missing", keySlotId });
});

/** What may happen to a rotation on its way. */
const LOSSES = {
  "the request is lost": () => Promise.reject(new TypeError("fetch failed")),
  "the answer is lost": async (next: () => Promise<Response>) => {
    await next();
    throw new TypeError("fetch failed");
  },
  "the answer is forged": async (next: () => Promise<Response>) => {
    const { status } = await next();
    return Response.json({ status: "rotated", version: 2 }, { status });
  },
  "somebody says 401 once it is done": async (next: () => Promise<Response>) => {
    await next();
    return Response.json({ error: "Unauthorized" }, { status: 401 });
  },
} as const;

for (const [name, loss] of Object.entries(LOSSES)) {
  for (const kind of ["rotate", "refresh"] as const) {
    void t.test(`${kind}: ${name}, and the next operation finds out`, async (t) => {
      const memory = await createMemoryVault(t);
      const { vault, keySlotId, bundle } = await memory.openStoredApp();
      const isDone = name !== "the request is lost";
      memory.service.intercept((request, next) => (request.path.endsWith(`/${kind}`) ? loss(next) : next()));
      const changing =
        kind === "rotate"
          ? vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY })
          : vault.keys.refresh(keySlotId);
      t.match(await changing.catch((error: unknown) => error), { code: String, keySlotId });
      memory.service.intercept(undefined);
      const keyNow = kind === "rotate" && isDone ? NEXT_KEY : CANARY_KEY;
      t.equal(await keyOf(memory, bundle), isDone ? "403" : CANARY_KEY);

      const restarted = await memory.openVault();
      const { bundle: granted } = await restarted.apps.grant(keySlotId, "later");
      t.equal(parseBundle(granted).slotVersion, isDone ? 2 : 1);
      t.equal(await keyOf(memory, granted), keyNow, "with the version that the slot has");
      const { bundles } = await restarted.keys.refresh(keySlotId);
      t.equal(await keyOf(memory, bundles["my-app"]), keyNow);
      t.equal((await slotFiles(memory)).length, 2, "nothing is left over");
    });
  }
}

void t.test("an answer that is lost once is had by asking again", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  let lost = 0;
  memory.service.intercept(async (request, next) => {
    const answer = await next();
    if (!request.path.endsWith("/rotate") || lost++ > 0) return answer;
    throw new TypeError("fetch failed");
  });
  const { bundles } = await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(lost, 2);
  t.equal(await keyOf(memory, bundles["my-app"]), NEXT_KEY);
});

void t.test("a refusal of a repeat says nothing of the attempt before it", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  let attempts = 0;
  memory.service.intercept(async (request, next) => {
    if (!request.path.endsWith("/rotate") || attempts++ > 0) return next();
    await next();
    // As if it could not be told from another request any more.
    const slot = memory.service.state.slots.get(keySlotId);
    if (slot !== undefined) slot.changedBy = "";
    throw new TypeError("fetch failed");
  });
  const { bundles } = await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(attempts, 2);
  t.equal(await keyOf(memory, bundles["my-app"]), NEXT_KEY, "the share was kept, and is the slot's");
});

void t.test("of two devices that rotate at once one is refused, and keeps no trace", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const stateDir = await temporaryFolder(t);
  await cp(memory.stateDir, stateDir, { recursive: true });
  const second = await memory.openVault({ stateDir });
  await meetAtTheServer(
    t,
    memory,
    [vault, second].map((one, i) => () => one.keys.rotate(keySlotId, { apiKey: `sk-${i}` })),
  );
  const [a, b] = [await slotShares(memory.stateDir), await slotShares(stateDir)];
  t.same([a, b].map((shares) => shares.length).sort(), [0, 1], "the one that lost has what it had");
  const loser = a.length === 0 ? vault : second;
  await t.rejects(loser.apps.grant(keySlotId, "x"), { code: "state-stale", message: /version 2/, keySlotId });
  await t.rejects(loser.keys.refresh(keySlotId), { code: "state-stale" });
  const { bundles } = await loser.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(await keyOf(memory, bundles["my-app"]), NEXT_KEY, "a new provider key takes the slot back");
});

void t.test("of two processes on one device too, and both go on with what the server has", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const second = await memory.openVault();
  await meetAtTheServer(
    t,
    memory,
    [vault, second].map((one, i) => () => one.keys.rotate(keySlotId, { apiKey: `sk-${i}` })),
  );
  for (const one of [vault, second]) {
    const { bundle } = await one.apps.grant(keySlotId, "x");
    t.match(await keyOf(memory, bundle), /^sk-[01]$/);
  }
  t.equal((await slotFiles(memory)).length, 2);
});

/** Holds both rotations until both are there. */
async function meetAtTheServer(
  t: Test,
  memory: MemoryVault,
  rotations: (() => Promise<unknown>)[],
): Promise<void> {
  const waiting: (() => void)[] = [];
  memory.service.intercept(async (request, next) => {
    if (request.path.endsWith("/rotate")) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === rotations.length) for (const go of waiting) go();
      });
    }
    return next();
  });
  const outcomes = await Promise.allSettled(rotations.map((rotate) => rotate()));
  memory.service.intercept(undefined);
  t.same(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  t.match(
    outcomes.find(({ status }) => status === "rejected"),
    { reason: { code: "refused", status: 409 } },
  );
}

async function slotShares(folder: string): Promise<string[]> {
  return [...(await readFolder(folder)).keys()].filter((name) => name.includes("share-"));
}

void t.test("a slot that an earlier version of the SDK stored", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId, bundle } = await memory.openStoredApp();
  const { share2, providerOrigin } = parseBundle(bundle);
  const key = parseDeveloperKey(memory.developerKey);
  const name = `slot-${keySlotId}`;
  const sealed = Buffer.from(await sealShareAtRest(key, keySlotId, share2)).toString("base64");
  const file = { format: 1, slotId: keySlotId, slotVersion: 1, providerOrigin, share2: sealed };
  const purpose = { info: "vaultproof device state v1", aad: name };
  const bytes = await sealAtRest(key, purpose, Buffer.from(JSON.stringify(file)));
  await writeFile(join(memory.stateDir, vault.developerId, `${name}.vps`), bytes);
  const { bundles } = await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  t.equal(await keyOf(memory, bundles["my-app"]), NEXT_KEY);
  const again = await vault.keys.refresh(keySlotId);
  t.equal(await keyOf(memory, again.bundles["my-app"]), NEXT_KEY);
});

void t.test("the state is on the disk before the request leaves", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const seen: number[] = [];
  memory.service.intercept(async (request, next) => {
    if (/\/(?:rotate|refresh)$/.test(request.path)) seen.push((await slotShares(memory.stateDir)).length);
    return next();
  });
  await vault.keys.rotate(keySlotId, { apiKey: NEXT_KEY });
  await vault.keys.refresh(keySlotId);
  t.same(seen, [1, 2]);
});
