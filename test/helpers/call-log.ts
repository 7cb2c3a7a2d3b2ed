import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@vaultproof/db/database";

/** How a call ended, as the server wrote it down. */
export interface LoggedCall {
  readonly endpoint: string;
  readonly status: number;
  readonly outcome: string;
}

const LOOK_AGAIN_MS = 20;

/** Waits until the calls to a path that have ended are so many, and gives them in their order. */
export async function loggedCalls(db: Database, endpoint: string, count = 1): Promise<LoggedCall[]> {
  for (;;) {
    const { rows } = await db.query<LoggedCall>({
      text: `SELECT endpoint, status_code AS status, outcome FROM call_log WHERE endpoint = $1 ORDER BY id`,
      values: [endpoint],
    });
    if (rows.length >= count) return rows;
    await delay(LOOK_AGAIN_MS);
  }
}
