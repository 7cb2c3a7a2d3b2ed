import {
  byKeyAnswerSchema,
  overviewAnswerSchema,
  usageAnswerSchema,
  USAGE_DAYS,
  type StatsDay,
  type StatsOfKey,
  type StatsOverview,
} from "@vaultproof/protocol/stats-routes";
import type { DeveloperSession } from "./developer-session.js";
import { VaultProofError } from "./sdk-error.js";

/** `vault.stats`: figures of this developer's calls, a second or two behind. Every method may throw VaultProofError. */
export interface StatsOperations {
  /** Slots and apps as they are, calls of today, of the last 24 hours and of the last 30 days. */
  overview(): Promise<StatsOverview>;
  /** Calls by day in UTC, oldest first, today last; `days` from 1 to 90, 30 unless told. */
  usage(options?: { readonly days?: number | undefined }): Promise<readonly StatsDay[]>;
  /** Calls of each slot in the last 30 days, the thousand with the most first. */
  byKey(): Promise<readonly StatsOfKey[]>;
}

/** Asking twice changes nothing. */
const ATTEMPTS = 3;

/** The operations on figures, within one session. */
export function createStatsOperations(session: Pick<DeveloperSession, "request">): StatsOperations {
  const ask = { method: "GET", attempts: ATTEMPTS } as const;
  return {
    overview: () => session.request({ ...ask, path: "/api/v1/stats/overview", answer: overviewAnswerSchema }),
    usage: async (options) => {
      const days = options?.days ?? USAGE_DAYS.default;
      if (!Number.isInteger(days) || days < 1 || days > USAGE_DAYS.max) {
        throw new VaultProofError("invalid-argument", `days is a whole number from 1 to ${USAGE_DAYS.max}`);
      }
      const request = { ...ask, path: "/api/v1/stats/usage", query: `days=${days}` };
      return (await session.request({ ...request, answer: usageAnswerSchema })).usage;
    },
    byKey: async () => {
      const request = { ...ask, path: "/api/v1/stats/by-key", answer: byKeyAnswerSchema };
      return (await session.request(request)).keySlots;
    },
  };
}
