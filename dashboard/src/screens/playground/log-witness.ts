import type { CallableApp } from "../../call/callable-apps.js";
import type { Session } from "../../session/session.js";

/** Outcomes of calls that went to the provider. */
const REACHED: ReadonlySet<string> = new Set([
  "answered",
  "interrupted",
  "upstreamFailed",
  "upstreamTimeout",
]);
/** Rows are written in batches, a fraction of a second after their call. */
const WRITTEN_AFTER_MS = 1_000;
const ROWS = 50;

/** What the log says of a time in which nothing should have reached the provider. */
export interface LogTestimony {
  /** Rows of calls of the app that reached the provider in that time. */
  readonly reached: readonly number[];
}

/** Looks into a key's log before and after something. */
export interface LogWitness {
  /** Call it when it is over. @throws VaultProofError */
  testify(): Promise<LogTestimony>;
}

/**
 * Notes where the log ends now.
 *
 * @param options.quietSince when the last call of this page ended, by `performance.now()`; its row is waited for.
 * @throws VaultProofError
 */
export async function callWitness(options: {
  readonly session: Session;
  readonly app: CallableApp;
  readonly quietSince: number | undefined;
}): Promise<LogWitness> {
  const { session, quietSince } = options;
  const { slot, kept } = options.app;
  const vault = await session.vault();
  if (quietSince !== undefined) await sleep(quietSince + WRITTEN_AFTER_MS - performance.now());
  const before = (await vault.keys.logs(slot.id, { limit: 1 })).logs[0]?.seq ?? 0;
  return {
    async testify() {
      await sleep(WRITTEN_AFTER_MS);
      const { logs } = await vault.keys.logs(slot.id, { limit: ROWS });
      const since = logs.filter(({ seq, appId }) => seq > before && appId === kept.appId);
      return { reached: since.filter(({ outcome }) => REACHED.has(outcome)).map(({ seq }) => seq) };
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, milliseconds));
  });
}
