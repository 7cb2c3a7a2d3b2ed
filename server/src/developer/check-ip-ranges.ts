import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { ServerError } from "../errors.js";
import { readIpRange } from "../proxy/ip-range.js";

const MAX_DETAILS = 16;

/**
 * Refuses addresses and ranges that are none: the schema, which clients have as well, knows only what they are written
 * with.
 *
 * @throws ServerError `invalidRequest`, naming the entries.
 */
export function checkIpRanges(lists: readonly (Restrictions | undefined)[]): void {
  const problems = lists
    .flatMap((list) => list?.ips ?? [])
    .map(readIpRange)
    .flatMap((read) => ("problem" in read ? [`restrictions.ips: ${read.problem}`] : []));
  if (problems.length > 0) {
    throw new ServerError("invalidRequest", { extra: { details: problems.slice(0, MAX_DETAILS) } });
  }
}
