import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@vaultproof/db/database";
import { storeKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { digest } from "@vaultproof/protocol/framing";
import { VaultProof, type VaultProofEvent, type VaultProofOptions } from "@vaultproof/sdk";
import { SecretBytes } from "@vaultproof/server/secret-bytes";
import t, { type Test } from "tap";
import { openAnyDatabase } from "../helpers/any-database.js";
import { randomField } from "../helpers/store-request.js";
import { appendLinked, loggedCall } from "../helpers/log-stage.js";
import { newSlot } from "../helpers/stored-slot.js";
import { openTestApp, type TestApp } from "../helpers/test-app.js";
import { startTestEdge } from "../helpers/test-edge.js";

// The developer's client against a server, through an edge: who may register, and what is told of calls and slots.

interface Scene {
  readonly db: Database;
  readonly url: string;
  readonly serverIdentity: string;
  open(options?: Partial<VaultProofOptions>): Promise<VaultProof>;
}

async function setScene(t: Test, config: Parameters<typeof openTestApp>[2] = {}): Promise<Scene> {
  const db = await openAnyDatabase(t);
  const server: TestApp = await openTestApp(t, db, config);
  const url = await startTestEdge(t, server);
  const serverIdentity = server.identity.fingerprint;
  return {
    ...{ db, url, serverIdentity },
    async open(options = {}) {
      const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-state-"));
      t.teardown(() => rm(stateDir, { recursive: true, force: true }));
      const developerKey = VaultProof.generateDeveloperKey("live");
      return await VaultProof.open({ url, developerKey, serverIdentity, stateDir, ...options });
    },
  };
}

void t.test("an invite opens the door once", async (t) => {
  const inviteToken = randomBytes(16).toString("hex");
  const invites = [new SecretBytes(digest("vaultproof invite v1", inviteToken))];
  const scene = await setScene(t, { config: { registration: "invite", invites } });
  const refusal = { code: "refused", status: 403, reason: "The invite token is missing, wrong or used" };
  for (const wrong of [undefined, "", " ", `${inviteToken}x`]) {
    await t.rejects(scene.open({ inviteToken: wrong }), refusal, JSON.stringify(wrong));
  }
  const tooLong = scene.open({ inviteToken: `${inviteToken}${"x".repeat(300)}` });
  await t.rejects(tooLong, { code: "invalid-argument", message: /inviteToken/ });
  await tooLong.catch((error: unknown) => t.notMatch(String(error), inviteToken));

  for (const wrong of [12_345, null, [inviteToken]]) {
    const asText = wrong as unknown as string;
    await t.rejects(scene.open({ inviteToken: asText }), { code: "invalid-argument" }, JSON.stringify(wrong));
  }

  const developerKey = VaultProof.generateDeveloperKey("live");
  const events: VaultProofEvent[] = [];
  const observe = (event: VaultProofEvent): void => void events.push(event);
  const vault = await scene.open({ developerKey, inviteToken: ` ${inviteToken}\n`, observe });
  t.same(await vault.keys.list(), []);
  const carriers = events.filter((event) => JSON.stringify(event).includes(inviteToken));
  t.match(carriers, [{ type: "request", url: `${scene.url}/api/v1/developers` }], "nothing else carries it");
  t.notMatch(JSON.stringify(vault), inviteToken);

  t.same(
    await (await scene.open({ developerKey })).keys.list(),
    [],
    "another device of the developer needs none",
  );
  await t.rejects(scene.open({ inviteToken }), refusal, "another developer cannot use it");
});

void t.test("figures are told", async (t) => {
  const scene = await setScene(t);
  const vault = await scene.open();
  const slot = newSlot(vault.developerId, { label: "busy" });
  await scene.db.transaction((tx) => storeKeySlot(tx, slot));
  await appendLinked(scene.db, [
    loggedCall(slot),
    loggedCall(slot, { statusCode: 500 }),
    loggedCall(slot, { statusCode: 403, outcome: "replay" }),
  ]);

  const { keySlots, appsGranted, last30Days } = await vault.stats.overview();
  t.match({ keySlots, appsGranted }, { keySlots: { active: 1, revoked: 0 }, appsGranted: 1 });
  t.match(last30Days, { calls: 2, answered: 1, upstreamErrors: 1, refused: 1, errorRate: 0.5 });
  t.equal((await vault.stats.usage()).length, 30);
  t.equal((await vault.stats.usage({ days: 90 })).length, 90);
  t.match(await vault.stats.usage({ days: 2 }), { length: 2, 1: { calls: 2, refused: 1 } });
  t.match(await vault.stats.byKey(), [{ id: slot.id, label: "busy", calls: 2, refused: 1 }]);
  for (const days of [0, 91, 1.5, Number.NaN, -1]) {
    await t.rejects(vault.stats.usage({ days }), { code: "invalid-argument" }, String(days));
  }
  const other = await scene.open();
  t.match(await other.stats.overview(), { keySlots: { active: 0 }, today: { calls: 0, refused: 0 } });
  await vault.close();
  await t.rejects(vault.stats.overview(), { code: "closed" });
});

void t.test("all slots are listed, however many pages they take", async (t) => {
  const scene = await setScene(t);
  const events: VaultProofEvent[] = [];
  const vault = await scene.open({ observe: (event) => void events.push(event) });
  const vaultCommitment = Buffer.from(randomField(), "hex");
  const slots = Array.from({ length: 205 }, () => newSlot(vault.developerId, { vaultCommitment }));
  const restricted = newSlot(vault.developerId, {
    vaultCommitment,
    restrictions: { methods: ["GET"] },
    grants: [{ appId: "my-app", leaf: randomBytes(32), restrictions: { paths: ["/v1/*"], maxBody: 10 } }],
  });
  await scene.db.transaction(async (tx) => {
    for (const slot of [...slots, restricted]) await storeKeySlot(tx, slot);
  });
  const listed = await vault.keys.list();
  t.same(listed.map(({ id }) => id).sort(), [...slots, restricted].map(({ id }) => id).sort());
  const pages = events.filter((event) => event.type === "request" && event.url.includes("/keys/list"));
  t.equal(pages.length, 3);
  t.match(
    listed.find(({ id }) => id === restricted.id),
    {
      ...{ provider: "openai", baseUrl: "https://api.openai.com", status: "active", version: 1 },
      ...{ restrictions: { methods: ["GET"] }, rotatedAt: null, revokedAt: null },
      appGrants: [{ appId: "my-app", version: 1, restrictions: { paths: ["/v1/*"], maxBody: 10 } }],
    },
  );
});
