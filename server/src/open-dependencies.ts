import { createHash } from "node:crypto";
import { assertArtifacts } from "@vaultproof/circuits/integrity";
import { manifest } from "@vaultproof/circuits/manifest";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import type { Database } from "@vaultproof/db/database";
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPostgres } from "@vaultproof/db/postgres";
import type { AppDependencies } from "./app.js";
import type { ServerConfig } from "./config.js";
import { createServerIdentity } from "./keys/identity.js";
import { createStorageKeys } from "./keys/storage-keys.js";
import { createTransportKeys } from "./keys/transport-keys.js";
import { loggerOptions, type LogDestination } from "./logging.js";
import type { Notices } from "./ops/notices.js";
import { createVerifierPool } from "./proof/verifier-pool.js";
import { createEgressPolicy } from "./upstream/egress-policy.js";
import { createUpstream } from "./upstream/upstream.js";
import { findReferenceString, type ReferenceStringSearch } from "./well-known/reference-string.js";

/** What was opened, the last one first, so that a start that fails half-way leaves nothing behind. */
export type CloseStack = (() => Promise<void>)[];

/** What the app works with, and where no reference string was found. */
export interface OpenedDependencies extends AppDependencies {
  readonly crsTried: ReferenceStringSearch["tried"];
}

/**
 * Opens everything that the settings name: the circuit's artifacts compared with their manifest, the database
 * migrated, verifiers up, keys derived or taken from the database.
 *
 * @param options.opened gets a way to close each part as soon as it is open.
 * @param options.clock Unix seconds; the system's unless told.
 * @throws ArtifactMismatchError, DatabaseError, or the error of the driver or the operating system.
 */
export async function openDependencies(
  config: ServerConfig,
  options: Partial<Pick<AppDependencies, "clock" | "onCallTiming">> & {
    readonly log?: LogDestination;
    readonly notices: Notices;
    readonly opened: CloseStack;
  },
): Promise<OpenedDependencies> {
  const { clock = () => Date.now() / 1000, notices, opened } = options;
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  await assertArtifacts({ manifest, sha256, verificationKey });
  const current = config.encryptionKey.reveal();
  const old = config.encryptionKeysOld.map((secret) => secret.reveal());
  // Side by side: both take a good part of a second.
  const opening = [
    createVerifierPool({ verificationKey, onEvent: (event) => notices.verifier(event) }),
    openDatabase(config, (error) => notices.database(error)),
  ] as const;
  // Each is waited for, also when the other failed: what comes up late would be left behind otherwise.
  for (const result of await Promise.allSettled(opening)) {
    if (result.status === "fulfilled") opened.unshift(() => result.value.close());
  }
  const [verifier, db] = await Promise.all(opening);
  const search = await findReferenceString({ crsPath: config.crsPath, manifest });
  const { timeouts } = config.upstream;
  const upstream = createUpstream({ policy: createEgressPolicy(config.upstream), timeouts });
  opened.unshift(() => upstream.close());
  await migrate(db);
  await ensurePartitions(db);
  return {
    ...{ config, db, verifier, manifest, clock },
    upstream,
    onCallTiming: options.onCallTiming,
    identity: createServerIdentity(config.identityKey.reveal()),
    storageKeys: createStorageKeys({ current, old }),
    transportKeys: await createTransportKeys({
      ...{ db, clock },
      secrets: [current, ...old],
      onUnreadable: (keyId) => notices.unreadableTransportKey(keyId),
    }),
    referenceString: search.found,
    crsTried: search.tried,
    logger: loggerOptions(config.logLevel, options.log),
  };
}

/** The database that the settings name; not migrated. */
export async function openDatabase(
  { database }: Pick<ServerConfig, "database">,
  onError: (error: Error) => void,
): Promise<Database> {
  if ("url" in database) return await openPostgres({ ...database, onError });
  const { openPglite } = await import("@vaultproof/db/pglite");
  return await openPglite(database);
}
