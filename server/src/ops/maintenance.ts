import type { Database } from "@vaultproof/db/database";
import { dropOldLog, vacuumLogInbox } from "@vaultproof/db/log-retention";
import { dropExpiredPartitions, ensurePartitions } from "@vaultproof/db/maintenance";
import type { FastifyBaseLogger } from "fastify";
import { createLogSigner } from "../audit/log-signer.js";
import { signBase } from "../audit/sign-base.js";
import type { ServerIdentity } from "../keys/identity.js";
import type { TransportKeys } from "../keys/transport-keys.js";
import { runPeriodically, type PeriodicWork } from "./run-periodically.js";

const PARTITIONS_EVERY_MS = 5 * 60_000;
const TRANSPORT_KEYS_EVERY_MS = 60_000;

/** Keeps partitions ahead of the clock, drops what has expired, and renews the transport keys, until stopped. */
export function startMaintenance({
  db,
  transportKeys,
  identity,
  config,
  log,
}: {
  readonly db: Database;
  readonly transportKeys: Pick<TransportKeys, "refresh">;
  readonly identity: ServerIdentity;
  readonly config: { readonly logRetentionMonths: number };
  readonly log: FastifyBaseLogger;
}): PeriodicWork {
  const signer = createLogSigner({ identity, oldIdentities: [] });
  const jobs = [
    runPeriodically({
      work: () => maintainPartitions(db, log),
      intervalMs: PARTITIONS_EVERY_MS,
      onError: (err) => log.error({ err }, "maintenance of the database failed; it is tried again"),
    }),
    runPeriodically({
      work: async () => {
        const { dropped, postponed } = await dropOldLog(db, {
          months: config.logRetentionMonths,
          sign: (row) => signBase(signer, row),
        });
        if (dropped.length > 0) log.info({ dropped, postponed }, "months of the log are kept no longer");
      },
      intervalMs: PARTITIONS_EVERY_MS,
      onError: (err) => log.error({ err }, "months of the log could not be dropped; it is tried again"),
    }),
    runPeriodically({
      work: () => transportKeys.refresh(),
      intervalMs: TRANSPORT_KEYS_EVERY_MS,
      onError: (err) => log.error({ err }, "the transport keys could not be read; it is tried again"),
    }),
  ];
  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()));
    },
  };
}

async function maintainPartitions(db: Database, log: FastifyBaseLogger): Promise<void> {
  const { created } = await ensurePartitions(db);
  const { dropped, postponed } = await dropExpiredPartitions(db);
  await vacuumLogInbox(db);
  log.debug({ created, dropped, postponed }, "partitions maintained");
}
