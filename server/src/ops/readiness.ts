import type { Queryable } from "@vaultproof/db/database";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import type { ProofVerifier } from "../proof/proof-verifier.js";
import { inTime } from "./in-time.js";

const CHECK_TIMEOUT_MS = 2000;

/** What readiness is made of. */
export interface ReadinessParts {
  readonly db: Queryable;
  readonly verifier: Pick<ProofVerifier, "stats">;
  /** Whether the server has begun to stop. */
  readonly isStopping: () => boolean;
}

/** Whether calls can be served now, and what is wrong where they cannot. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<"database" | "verifier" | "server", string>>;
}

/** The database answers within two seconds, proofs can be verified, and the server is not stopping. */
export async function checkReadiness({ db, verifier, isStopping }: ReadinessParts): Promise<Readiness> {
  const time = await inTime(databaseTime(db), CHECK_TIMEOUT_MS);
  const checks = {
    database: time === undefined ? "does not answer" : "ok",
    verifier: verifier.stats().workers > 0 ? "ok" : "no verifier is up",
    server: isStopping() ? "stopping" : "ok",
  };
  return { ready: Object.values(checks).every((check) => check === "ok"), checks };
}
