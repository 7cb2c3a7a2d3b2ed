import type { Database } from "@vaultproof/db/database";
import { appendCallLog, type CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { loggedCall } from "./log-stage.js";

/** What a page is to call an outcome: told here and not asked of the page's own table. */
export type TrafficColumn = "answered" | "failed" | "interrupted" | "refused";

/** A call that was put into the log, and what a page must make of it. */
export interface LoggedCall {
  readonly entry: CallLogEntry;
  readonly column: TrafficColumn;
  /** Unix seconds. */
  readonly at: number;
}

const ENDINGS: readonly (readonly [outcome: string, status: number, column: TrafficColumn])[] = [
  ...Array.from({ length: 6 }, () => ["answered", 200, "answered"] as const),
  ["answered", 404, "failed"],
  ["interrupted", 200, "interrupted"],
  ["replay", 403, "refused"],
  ["upstreamTimeout", 504, "failed"],
];

/**
 * Puts calls into the inbox of the log, as servers do once a call has ended; the running server links and signs them.
 *
 * @param times when they began, ascending, Unix seconds; the n-th took n + 10 milliseconds.
 */
export async function logTraffic(
  db: Database,
  slot: { readonly id: string; readonly developerId: string },
  times: readonly number[],
): Promise<readonly LoggedCall[]> {
  const calls = times.map((at, n): LoggedCall => {
    const [outcome, statusCode, column] = ENDINGS[n % ENDINGS.length] ?? ["answered", 200, "answered"];
    const entry = loggedCall(slot, {
      ...{ outcome, statusCode, createdAt: at, latencyMs: n + 10, endpoint: `/v1/things/${n + 1}` },
      appId: n % 4 === 0 ? "billing" : "my-app",
      subject: n % 5 === 0 ? `user-${n}` : null,
    });
    return { entry, column, at };
  });
  await appendCallLog(
    db,
    calls.map(({ entry }) => entry),
  );
  return calls;
}
