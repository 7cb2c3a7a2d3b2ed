import type { Database } from "@vaultproof/db/database";
import { countNullifierPartitions } from "@vaultproof/db/queries/count-nullifier-partitions";
import { Counter, Gauge, type Registry } from "prom-client";
import type { ProofVerifier } from "../proof/proof-verifier.js";
import { inTime } from "./in-time.js";

const QUERY_TIMEOUT_MS = 2000;
/** Partitions come and go by the half hour; whoever reads often shall not make the database work as often. */
const PARTITIONS_KEPT_MS = 15_000;

/** What is asked whenever somebody reads. */
export interface MeasuredParts {
  readonly db: Database;
  readonly verifier: Pick<ProofVerifier, "stats">;
  /** Requests that are not answered to their end. */
  readonly inFlight: () => number;
  readonly version: string;
}

/** What the parts of the server say of themselves when somebody reads. */
export function addStateMetrics(
  registry: Registry,
  { db, verifier, inFlight, version }: MeasuredParts,
): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  };
  new Gauge({
    name: "vaultproof_build_info",
    help: "1, with the server's version",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  gauge("vaultproof_requests_in_flight", "Requests that are not answered to their end", inFlight);
  gauge("vaultproof_verifier_queue_depth", "Proofs that wait for a verifier", () => verifier.stats().queued);
  gauge("vaultproof_verifier_workers", "Verifiers that are up", () => verifier.stats().workers);
  addRestarts(registry, verifier);
  const stats = db.stats?.bind(db);
  if (stats !== undefined) {
    const pool = "vaultproof_database_pool";
    gauge(`${pool}_total`, "Connections to the database", () => stats().total);
    gauge(`${pool}_idle`, "Connections to the database that nobody uses", () => stats().idle);
    gauge(`${pool}_waiting`, "Who waits for a connection to the database", () => stats().waiting);
  }
  addPartitions(registry, db);
}

function addRestarts(registry: Registry, verifier: MeasuredParts["verifier"]): void {
  let counted = 0;
  new Counter({
    name: "vaultproof_verifier_restarts_total",
    help: "Verifiers that had to be replaced",
    registers: [registry],
    collect() {
      const { restarts } = verifier.stats();
      this.inc(Math.max(0, restarts - counted));
      counted = restarts;
    },
  });
}

/** The one value that the database is asked for. While it does not answer, the value is absent. */
function addPartitions(registry: Registry, db: Database): void {
  let known: { readonly until: number; readonly count: Promise<number | undefined> } | undefined;
  new Gauge({
    name: "vaultproof_nullifier_partitions",
    help: "Partitions of used nullifiers; absent while the database does not answer",
    registers: [registry],
    async collect() {
      const now = performance.now();
      if (known === undefined || known.until <= now) {
        const count = inTime(countNullifierPartitions(db), QUERY_TIMEOUT_MS);
        known = { until: now + PARTITIONS_KEPT_MS, count };
      }
      const count = await known.count;
      if (count === undefined) this.remove();
      else this.set(count);
    },
  });
}
