import type { LogEntry } from "@vaultproof/protocol/log-routes";

/**
 * What came since the last look, the oldest first. A row that counts refusals of one kind comes again when its count
 * has grown.
 *
 * @param before what was seen last. @param now the newest page; both the newest first.
 */
export function newEntries(before: readonly LogEntry[], now: readonly LogEntry[]): LogEntry[] {
  const known = new Set(before.map(({ id, count }) => `${id} ${count}`));
  const fresh = now.filter(({ id, count }) => !known.has(`${id} ${count}`));
  return fresh.toReversed();
}
