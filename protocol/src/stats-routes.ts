import * as z from "zod";

/** How far back usage can be asked for, in days, and what is told unless asked. */
export const USAGE_DAYS = { max: 90, default: 30 } as const;

const days = z
  .string()
  .regex(/^[1-9]\d?$/, `days is a whole number from 1 to ${USAGE_DAYS.max}`)
  .transform(Number)
  .pipe(z.number().max(USAGE_DAYS.max, `days is a whole number from 1 to ${USAGE_DAYS.max}`));

/** The query of `GET /api/v1/stats/usage`. */
export const usageQuerySchema = z.strictObject({ days: days.default(USAGE_DAYS.default) });

/** The query of the other stats routes: none. */
export const noQuerySchema = z.strictObject({});

const count = z.number().int().min(0);
/** Milliseconds until the answer's last byte, of calls that the provider answered whole; null where there was none. */
const latency = z.object({ p50: z.number().nullable(), p95: z.number().nullable() });
const calls = {
  /** `answered`, `upstreamErrors` and `interrupted` together. */
  calls: count,
  /** The provider answered 2xx or 3xx, to the end. */
  answered: count,
  /** The provider answered 4xx or 5xx, could not be reached, or took too long. */
  upstreamErrors: count,
  /** The answer broke off, or the caller left. */
  interrupted: count,
  /** Refused by VaultProof; not in `calls`. */
  refused: count,
  latencyMs: latency,
};
const period = z.object({
  ...calls,
  /** `upstreamErrors` of `calls`, from 0 to 1; null without calls. */
  errorRate: z.number().nullable(),
});

/** `GET /api/v1/stats/overview`. */
export const overviewAnswerSchema = z.object({
  keySlots: z.object({ active: count, revoked: count }),
  /** Apps that may use an active slot; one on two slots counts twice. */
  appsGranted: count,
  /** Since midnight UTC. */
  today: period,
  /** The hour that has begun and the 23 before it. */
  last24Hours: period,
  /** Today and the 29 days before, UTC. */
  last30Days: period,
});

/** `GET /api/v1/stats/usage?days=`: a member a day, oldest first, today last. */
export const usageAnswerSchema = z.object({
  usage: z.array(
    z.object({
      /** `YYYY-MM-DD`, UTC. */
      date: z.string(),
      ...calls,
    }),
  ),
});

/** `GET /api/v1/stats/by-key`: the slots with the most calls first. */
export const byKeyAnswerSchema = z.object({
  keySlots: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      provider: z.string(),
      status: z.enum(["active", "revoked"]),
      /** Today and the 29 days before, UTC; without the refused ones. */
      calls: count,
      refused: count,
      /** Unix seconds; null if not within the last 90 days. */
      lastUsedAt: z.number().nullable(),
    }),
  ),
});

export type StatsOverview = z.infer<typeof overviewAnswerSchema>;
export type StatsPeriod = StatsOverview["today"];
export type StatsDay = z.infer<typeof usageAnswerSchema>["usage"][number];
export type StatsOfKey = z.infer<typeof byKeyAnswerSchema>["keySlots"][number];
