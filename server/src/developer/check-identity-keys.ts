import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { ServerError } from "../errors.js";
import { keyObjectOf } from "../identity/identity-rule.js";

/**
 * Refuses keys that have a key's shape and are none, for example no point of their curve: every call would be refused.
 *
 * @throws ServerError `invalidRequest`, naming the key's version.
 */
export function checkIdentityKeys(lists: readonly (Restrictions | undefined)[]): void {
  const keys = lists.flatMap((list) => list?.identity?.keys ?? []);
  const unusable = keys.filter(({ jwk }) => keyObjectOf(jwk) === null);
  if (unusable.length === 0) return;
  const details = unusable.map(({ version }) => `identity: key version ${version} is no key of its type`);
  throw new ServerError("invalidRequest", { extra: { details } });
}
