import fc from "fast-check";
import t, { type Test } from "tap";
import type { Database, Queryable } from "@vaultproof/db/database";
import { dropExpiredPartitions, PARTITION_GRACE_SECONDS } from "@vaultproof/db/maintenance";
import { burnNullifier, type CountedCap } from "@vaultproof/db/queries/burn-nullifier";
import { forEachDatabase } from "../../helpers/databases.js";
import { openAtTime } from "../../helpers/stopped-clock.js";
import { burnRequest, capOf, storedSlot } from "../../helpers/stored-slot.js";

const seconds = (text: string): number => Date.parse(text) / 1000;

/** Start and end of the window that a moment lies in, as JavaScript's own calendar has them. */
function windowOf(kind: CountedCap["window"], atTime: number): { starts: number; ends: number } {
  const at = new Date(atTime * 1000);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const utc = (...parts: [number, number, number?]) => Date.UTC(...parts) / 1000;
  if (kind === "month") return { starts: utc(year, month), ends: utc(year, month + 1) };
  if (kind === "day") return { starts: utc(year, month, day), ends: utc(year, month, day + 1) };
  return { starts: atTime - (atTime % 60), ends: atTime - (atTime % 60) + 60 };
}

await forEachDatabase(t, "windows are those of the calendar", async (t, open) => {
  const db = await open({ state: "migrated" });
  const kinds = ["minute", "day", "month"] as const;
  const edges = [
    "2024-02-28",
    "2024-02-29",
    "2024-03-01",
    "2026-02-28",
    "2026-12-31",
    "2027-01-01",
    "2100-02-28",
  ];
  const times = [
    ...edges.flatMap((day) => [seconds(`${day}T00:00:00Z`), seconds(`${day}T23:59:59Z`)]),
    ...fc.sample(fc.integer({ min: 1_700_000_000, max: 4_200_000_000 }), 300),
  ];
  const asked = kinds.flatMap((kind) => times.map((at) => ({ kind, at })));
  const text = `
    SELECT cap_window_start(e ->> 'kind', (e ->> 'at')::bigint) AS starts,
           cap_window_end(e ->> 'kind', (e ->> 'at')::bigint) AS ends
      FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS a (e, place) ORDER BY place`;
  for (const zone of ["UTC", "Pacific/Kiritimati", "America/St_Johns"]) {
    await db.transaction(async (tx: Queryable) => {
      await tx.execute(`SET LOCAL TIME ZONE '${zone}'`);
      const { rows } = await tx.query<{ starts: number; ends: number }>({
        text,
        values: [JSON.stringify(asked)],
      });
      t.same(
        rows,
        asked.map(({ kind, at }) => windowOf(kind, at)),
        zone,
      );
    });
  }
});

/** Burns under one cap as often as it admits, at a time, and says when it opens again. */
async function useUp(
  t: Test,
  { db, slot, cap }: { db: Database; slot: Awaited<ReturnType<typeof storedSlot>>; cap: CountedCap },
): Promise<number> {
  for (let used = 1; used <= cap.limit; used++) {
    t.match(await burnNullifier(db, await burnRequest(db, slot, { caps: [cap] })), {
      outcome: "burnt",
      fullest: { used },
    });
  }
  const result = await burnNullifier(db, await burnRequest(db, slot, { caps: [cap] }));
  t.match(result, { outcome: "limited", reached: { used: cap.limit } });
  return result.outcome === "limited" ? result.reached.resetAt : 0;
}

void t.test("a cap opens again when its window ends, and not a second before", async (t) => {
  const ends = {
    minute: seconds("2026-02-28T12:01:00Z"),
    day: seconds("2026-03-01T00:00:00Z"),
    month: seconds("2028-03-01T00:00:00Z"),
  } as const;
  for (const [kind, end] of Object.entries(ends) as [CountedCap["window"], number][]) {
    const { db, setTime } = await openAtTime(end - 1);
    t.teardown(() => db.close());
    const about = { db, slot: await storedSlot(db), cap: capOf(kind, 3, { app: "my-app" }) };
    t.equal(await useUp(t, about), end, kind);
    await setTime(end);
    t.ok((await useUp(t, about)) > end, `${kind}: and is as strict then`);
    await setTime(end - 1);
    t.match(
      await burnNullifier(db, await burnRequest(db, about.slot, { caps: [about.cap] })),
      { outcome: "limited", reached: { resetAt: end } },
      `${kind}: a clock that is set back finds what was counted`,
    );
  }
});

void t.test("counts are kept until their window is over, months too", async (t) => {
  const end = seconds("2026-03-01T00:00:00Z");
  const { db, setTime } = await openAtTime(end - 100);
  t.teardown(() => db.close());
  const slot = await storedSlot(db);
  const caps = [capOf("minute", 5), capOf("day", 5), capOf("month", 5)];
  await burnNullifier(db, await burnRequest(db, slot, { caps }));
  await db.query({
    text: "INSERT INTO request_counts VALUES ('someone', $1::bigint, 1)",
    values: [end - 120],
  });
  const kept = async (table: string) => (await db.query({ text: `SELECT 1 FROM ${table}` })).rowCount;
  const steps: [number, number, number][] = [
    [end - 60 + PARTITION_GRACE_SECONDS, 3, 1],
    [end - 60 + PARTITION_GRACE_SECONDS + 1, 2, 0],
    [end + PARTITION_GRACE_SECONDS, 2, 0],
    [end + PARTITION_GRACE_SECONDS + 1, 0, 0],
  ];
  for (const [now, calls, requests] of steps) {
    await setTime(now);
    await dropExpiredPartitions(db);
    t.same([await kept("call_counts"), await kept("request_counts")], [calls, requests], String(now - end));
  }
});
