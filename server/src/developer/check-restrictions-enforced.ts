import type { RestrictionName, Restrictions } from "@vaultproof/protocol/restrictions";
import { ServerError } from "../errors.js";
import { checkIdentityKeys } from "./check-identity-keys.js";
import { checkIpRanges } from "./check-ip-ranges.js";

/**
 * Refuses a restriction that calls are not checked against: stored and ignored it would be a lie. Also refuses one that
 * they could not be checked against.
 *
 * @param enforced members that the path of a call checks.
 * @throws ServerError `unsupportedRestriction`, naming the members; `invalidRequest` for keys and addresses that are none.
 */
export function checkRestrictionsEnforced(
  enforced: ReadonlySet<RestrictionName>,
  lists: readonly (Restrictions | undefined)[],
): void {
  const asked = new Set(lists.flatMap((list) => Object.keys(list ?? {}) as RestrictionName[]));
  const unsupported = [...asked].filter((name) => !enforced.has(name)).sort();
  if (unsupported.length > 0) {
    throw new ServerError("unsupportedRestriction", {
      extra: { reason: `not enforced by this server: ${unsupported.join(", ")}` },
    });
  }
  checkIdentityKeys(lists);
  checkIpRanges(lists);
}
