import type { Queryable } from "@vaultproof/db/database";
import { countSlots } from "@vaultproof/db/queries/count-slots";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { readCallPeriods, type CallPeriod, type Period } from "@vaultproof/db/queries/read-call-periods";
import { readSlotUsage } from "@vaultproof/db/queries/read-slot-usage";
import type { StatsDay, StatsOfKey, StatsOverview, StatsPeriod } from "@vaultproof/protocol/stats-routes";

const HOUR = 3600;
const DAY = 86_400;
/** What is counted by key, and the longest period of the overview: today and the days before it. */
const RECENT_DAYS = 30;
const MAX_KEYS = 1000;

/** A developer's slots, apps and calls at a glance. */
export async function readOverview(db: Queryable, developerId: string): Promise<StatsOverview> {
  const now = Math.floor(await databaseTime(db));
  const today = startOf(now, DAY);
  const hour = startOf(now, HOUR);
  const periods = [
    { from: today, to: today + DAY },
    { from: hour - 23 * HOUR, to: hour + HOUR },
    { from: today - (RECENT_DAYS - 1) * DAY, to: today + DAY },
  ];
  const counted = await readCallPeriods(db, { developerId, periods });
  const [first = NO_CALLS, second = NO_CALLS, third = NO_CALLS] = counted;
  const { active, revoked, appsGranted } = await countSlots(db, developerId);
  return {
    keySlots: { active, revoked },
    appsGranted,
    today: toPeriod(first),
    last24Hours: toPeriod(second),
    last30Days: toPeriod(third),
  };
}

/** A developer's calls, a member for each of the last `days` days in UTC, oldest first, today last. */
export async function readUsage(
  db: Queryable,
  { developerId, days }: { readonly developerId: string; readonly days: number },
): Promise<StatsDay[]> {
  const today = startOf(Math.floor(await databaseTime(db)), DAY);
  const periods = Array.from({ length: days }, (_, i): Period => {
    const from = today - (days - 1 - i) * DAY;
    return { from, to: from + DAY };
  });
  const counted = await readCallPeriods(db, { developerId, periods });
  return periods.map(({ from }, i) => ({
    date: new Date(from * 1000).toISOString().slice(0, "YYYY-MM-DD".length),
    ...toCalls(counted[i] ?? NO_CALLS),
  }));
}

/** The slots of a developer with their calls, those with the most first; at most a thousand. */
export async function readByKey(db: Queryable, developerId: string): Promise<StatsOfKey[]> {
  const today = startOf(Math.floor(await databaseTime(db)), DAY);
  return await readSlotUsage(db, {
    developerId,
    since: today - (RECENT_DAYS - 1) * DAY,
    limit: MAX_KEYS,
  });
}

const NO_CALLS: CallPeriod = { answered: 0, failed: 0, interrupted: 0, refused: 0, p50: null, p95: null };

function startOf(time: number, unit: number): number {
  return time - (time % unit);
}

function toCalls({
  answered,
  failed,
  interrupted,
  refused,
  p50,
  p95,
}: CallPeriod): Omit<StatsPeriod, "errorRate"> {
  return {
    calls: answered + failed + interrupted,
    answered,
    upstreamErrors: failed,
    interrupted,
    refused,
    latencyMs: { p50, p95 },
  };
}

function toPeriod(period: CallPeriod): StatsPeriod {
  const calls = toCalls(period);
  return { ...calls, errorRate: calls.calls === 0 ? null : calls.upstreamErrors / calls.calls };
}
