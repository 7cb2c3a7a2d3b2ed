import t from "tap";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import type { StatsDay, StatsOverview } from "@vaultproof/protocol/stats-routes";
import { slotChain } from "@vaultproof/protocol/log-row";
import { onAnyDatabase } from "../../helpers/databases.js";
import { appendLinked } from "../../helpers/log-stage.js";
import { makeStoreRequest, randomField } from "../../helpers/store-request.js";
import type { TestDeveloper } from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const DAY = 86_400;
const NO_CALLS = {
  ...{ calls: 0, answered: 0, upstreamErrors: 0, interrupted: 0, refused: 0 },
  latencyMs: { p50: null, p95: null },
};

await onAnyDatabase(t, "stats", async (t, open) => {
  const db = await open();
  const server = await openTestApp(t, db);
  const developer = await server.registered();
  const storageKey = server.storageKeys.current.publicKey;
  const store = async (owner: TestDeveloper, label: string, apps: string[]): Promise<string> => {
    const members = { label, apps: apps.map((appId) => ({ appId, leaf: randomField() })) };
    const body = await makeStoreRequest({ developer: owner, storageKey, members });
    await server.manage(owner, "POST", "/api/v1/keys/store", body);
    return body.keySlotId;
  };
  const get = (url: string, by = developer) => server.manage(by, "GET", `/api/v1/stats/${url}`);

  await t.test("of nothing are zeros", async (t) => {
    const period = { ...NO_CALLS, errorRate: null };
    t.same(await get("overview"), {
      status: 200,
      json: {
        keySlots: { active: 0, revoked: 0 },
        appsGranted: 0,
        ...{ today: period, last24Hours: period, last30Days: period },
      },
    });
    t.same(await get("by-key"), { status: 200, json: { keySlots: [] } });
    const { usage } = (await get("usage?days=2")).json as { usage: StatsDay[] };
    t.match(usage, [NO_CALLS, NO_CALLS]);
  });

  const slotId = await store(developer, "busy", ["a", "b", "c"]);
  const revoked = await store(developer, "revoked", ["a"]);
  const stranger = await server.registered();
  const strangers = await store(stranger, "a stranger's", ["a"]);
  await server.manage(developer, "POST", `/api/v1/keys/revoke/${revoked}`);
  await server.manage(developer, "POST", `/api/v1/keys/${slotId}/revoke-app`, { appId: "c" });
  const now = Math.floor(await databaseTime(db));
  const today = now - (now % DAY);
  const log = (
    owner: TestDeveloper,
    slot: string,
    outcome: string,
    statusCode: number,
    createdAt: number,
  ) => ({
    chain: slotChain(slot),
    ...{ slotId: slot, developerId: owner.keyid, appId: "a", method: "GET", endpoint: "/", latencyMs: 100 },
    ...{ outcome, statusCode, createdAt },
  });
  await appendLinked(db, [
    log(developer, slotId, "answered", 200, today),
    log(developer, slotId, "answered", 500, today),
    log(developer, slotId, "answered", 200, today),
    log(developer, slotId, "answered", 200, today),
    log(developer, slotId, "replay", 403, today),
    ...Array.from({ length: 9 }, () => log(stranger, strangers, "answered", 200, today)),
  ]);

  await t.test("tell how many slots, apps and calls there are", async (t) => {
    const { json } = await get("overview");
    const { keySlots, appsGranted, today: sinceMidnight, last24Hours, last30Days } = json as StatsOverview;
    t.same(keySlots, { active: 1, revoked: 1 });
    t.equal(appsGranted, 2);
    const expected = {
      calls: 4,
      answered: 3,
      upstreamErrors: 1,
      interrupted: 0,
      refused: 1,
      errorRate: 0.25,
    };
    for (const period of [sinceMidnight, last24Hours, last30Days]) t.match(period, expected);
    t.ok(Math.abs((last24Hours.latencyMs.p95 ?? 0) - 100) < 5);
  });

  await t.test("have a member for each day, today last", async (t) => {
    for (const [query, length] of [
      ["", 30],
      ["?days=1", 1],
      ["?days=90", 90],
    ] as const) {
      const { status, json } = await get(`usage${query}`);
      const { usage } = json as { usage: StatsDay[] };
      t.same([status, usage.length], [200, length], query);
      t.match(usage.at(-1), {
        date: new Date(today * 1000).toISOString().slice(0, 10),
        calls: 4,
        refused: 1,
      });
      const dates = usage.map(({ date }) => Date.parse(date) / 1000);
      t.same(
        dates,
        dates.map((_, i) => today - (length - 1 - i) * DAY),
      );
    }
  });

  await t.test("are told by slot, to their owner only", async (t) => {
    t.match((await get("by-key")).json, {
      keySlots: [
        {
          id: slotId,
          label: "busy",
          provider: "openai",
          status: "active",
          calls: 4,
          refused: 1,
          lastUsedAt: today,
        },
        { id: revoked, status: "revoked", calls: 0, lastUsedAt: null },
      ],
    });
    t.match((await get("by-key", stranger)).json, { keySlots: [{ id: strangers, calls: 9, refused: 0 }] });
    for (const [owner, ids] of [
      [developer, [slotId, revoked]],
      [stranger, [strangers]],
    ] as const) {
      const { keySlots } = (await get("by-key", owner)).json as { keySlots: { id: string }[] };
      t.same(
        keySlots.map(({ id }) => id),
        ids,
        "and nobody else's",
      );
    }
    t.match((await get("overview", stranger)).json, { today: { calls: 9, refused: 0 } });
  });

  await t.test("are not told for what is no number of days", async (t) => {
    for (const query of [
      ...[
        "days=",
        "days=0",
        "days=91",
        "days=-1",
        "days=1.5",
        "days=1e1",
        "days=0x1",
        "days=%2030",
        "days=030",
      ],
      ...["days=30&days=30", "days[]=30", "day=30", "days=30&developer=x", "days=9999999999"],
    ]) {
      const { status, json } = await get(`usage?${query}`);
      t.match({ status, json }, { status: 400, json: { error: "Invalid request", details: Array } }, query);
    }
    t.match(await get("overview?developer=x"), { status: 400 });
    t.match(await get("by-key?slot=x"), { status: 400 });
  });
});
