import type { DatabaseServer } from "../stack/database-server.js";
import type { LoadClient, LoadRequest } from "./http-client.js";

/**
 * Sends the same calls again and again until `count` were sent, to have processes compile what they run often: a call
 * takes a hundred times as long to prove as to send. A call is executed once, so its database is made to forget it.
 * Nothing that is sent here is measured.
 */
export async function sendRepeatedly(options: {
  readonly requests: readonly LoadRequest[];
  readonly count: number;
  readonly concurrency: number;
  readonly client: LoadClient;
  readonly database: DatabaseServer;
  readonly databaseUrl: string;
}): Promise<void> {
  const { requests, count, concurrency, client, database, databaseUrl } = options;
  for (let sent = 0; sent < count; sent += requests.length) {
    await client.sendAll({ requests, concurrency, expectedStatus: 200 });
    await database.forgetNullifiers(databaseUrl);
  }
}
