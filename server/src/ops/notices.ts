import type { FastifyBaseLogger } from "fastify";
import type { VerifierEvent } from "../proof/proof-verifier.js";

/** What parts of the server tell the operator by themselves, outside any request. */
export interface Notices {
  verifier(event: VerifierEvent): void;
  /** An idle connection to the database broke; the pool replaces it. */
  database(error: Error): void;
  /** A transport key in the database that this server's secrets do not open. */
  unreadableTransportKey(keyId: string): void;
  /** Spans could not be sent; calls are none the worse. */
  tracing(error: unknown): void;
  /** From now on to this log, beginning with what was told before there was one. */
  tellTo(log: FastifyBaseLogger): void;
}

/** Collects notices until there is a log: the parts are opened before the app that has it. */
export function createNotices(): Notices {
  const early: ((log: FastifyBaseLogger) => void)[] = [];
  const unreadable = new Set<string>();
  let target: FastifyBaseLogger | undefined;
  const tell = (notice: (log: FastifyBaseLogger) => void): void => {
    if (target === undefined) early.push(notice);
    else notice(target);
  };
  return {
    verifier: (event) => tell((log) => log.warn(event, "verifier")),
    database: (err) => tell((log) => log.warn({ err }, "a connection to the database broke")),
    unreadableTransportKey(keyId) {
      // The table is read every minute; once is enough.
      if (unreadable.has(keyId)) return;
      unreadable.add(keyId);
      tell((log) =>
        log.warn({ keyId }, "a transport key in the database does not open with SERVER_ENCRYPTION_KEY"),
      );
    },
    tracing: (err) => tell((log) => log.warn({ err }, "spans could not be sent")),
    tellTo(log) {
      target = log;
      for (const notice of early.splice(0)) notice(log);
    },
  };
}
