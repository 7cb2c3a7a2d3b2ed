import type { LogEntry } from "@vaultproof/protocol/log-routes";
import type { StatsDay } from "@vaultproof/protocol/stats-routes";
import { kindOf } from "./outcome-words.js";

/** Calls that began within a stretch of time. */
export interface TrafficPoint {
  /** Its beginning, Unix seconds. */
  readonly start: number;
  readonly answered: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly refused: number;
  /** Milliseconds until the answer's last byte, of calls that the provider answered; null where there was none. */
  readonly p50: number | null;
  readonly p95: number | null;
}

/** The server's figures of all keys, a day each. */
export function trafficOfDays(days: readonly StatsDay[]): readonly TrafficPoint[] {
  return days.map(({ date, answered, upstreamErrors, interrupted, refused, latencyMs }) => ({
    start: Date.parse(`${date}T00:00:00Z`) / 1000,
    ...{ answered, interrupted, refused, failed: upstreamErrors, p50: latencyMs.p50, p95: latencyMs.p95 },
  }));
}

/**
 * Counts entries of calls by stretches of time, as the server's figures do it.
 *
 * @param options.from where the first stretch begins, a multiple of `step`; `to` lies within the last. Unix seconds.
 */
export function trafficOfEntries(
  entries: readonly LogEntry[],
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): readonly TrafficPoint[] {
  const points: TrafficPoint[] = [];
  for (let start = from; start <= to; start += step) {
    const within = entries.filter(({ createdAt }) => createdAt >= start && createdAt < start + step);
    points.push({ start, ...tally(within) });
  }
  return points;
}

function tally(entries: readonly LogEntry[]): Omit<TrafficPoint, "start"> {
  const counts = { answered: 0, failed: 0, interrupted: 0, refused: 0 };
  const latencies: number[] = [];
  for (const entry of entries) {
    const kind = kindOf(entry, "calls");
    if (kind === "done") continue;
    counts[kind] += entry.count;
    if ((kind === "answered" || kind === "failed") && entry.latencyMs !== null)
      latencies.push(entry.latencyMs);
  }
  latencies.sort((a, b) => a - b);
  return { ...counts, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) };
}

/** The nearest rank: a latency that there was. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** All calls of a point, refused ones included. */
export function callsOf({ answered, failed, interrupted, refused }: TrafficPoint): number {
  return answered + failed + interrupted + refused;
}
