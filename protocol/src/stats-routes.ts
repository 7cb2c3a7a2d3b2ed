import * as z from "zod/mini";
import "./schema-messages.js";

/** How far back usage can be asked for, in days, and what is told unless asked. */
export const USAGE_DAYS = { max: 90, default: 30 } as const;

const MEANING = `days is a whole number from 1 to ${USAGE_DAYS.max}`;
const days = z.pipe(
  z.pipe(z.string().check(z.regex(/^[1-9]\d?$/, MEANING)), z.transform(Number)),
  z.number().check(z.maximum(USAGE_DAYS.max, MEANING)),
);

/** The query of `GET /api/v1/stats/usage`. */
export const usageQuerySchema = z.strictObject({ days: z._default(days, USAGE_DAYS.default) });

/** The query of the other stats routes: none. */
export const noQuerySchema = z.strictObject({});

const count = z.int().check(z.minimum(0));
/** Milliseconds until the answer's last byte, of calls that the provider answered whole; null where there was none. */
const latency = z.object({ p50: z.nullable(z.number()), p95: z.nullable(z.number()) });
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
  errorRate: z.nullable(z.number()),
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
      lastUsedAt: z.nullable(z.number()),
    }),
  ),
});

export type StatsOverview = z.infer<typeof overviewAnswerSchema>;
export type StatsPeriod = StatsOverview["today"];
export type StatsDay = z.infer<typeof usageAnswerSchema>["usage"][number];
export type StatsOfKey = z.infer<typeof byKeyAnswerSchema>["keySlots"][number];
