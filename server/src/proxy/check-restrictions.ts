import { matchesOrigin } from "@vaultproof/protocol/origins";
import type { RestrictionName } from "@vaultproof/protocol/restrictions";
import { ServerError } from "../errors.js";
import { readIdentityRule } from "../identity/identity-rule.js";
import { isCap } from "./call-caps.js";
import { isInRange, readIpRange } from "./ip-range.js";
import { namedModels } from "./named-models.js";
import { matchesPattern } from "./path-pattern.js";
import { pathOf } from "./target-path.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** What this step needs. */
export interface RestrictionDependencies {
  readonly upstream: { allowsOrigin(baseUrl: string): boolean };
  /** `REQUIRE_SEALED_SHARES`. */
  readonly requireSealedShares: boolean;
}

/** Whether a call keeps to one member of a slot's or grant's restrictions; a member of a wrong type is never kept to. */
interface Check {
  readonly reason: string;
  readonly holds: (member: unknown, call: AuthorisedCall) => boolean;
}

/** Counted when the call is burnt; here only whether it can be. */
const CAP: Check = { reason: "Restriction not supported", holds: isCap };

const CHECKS = {
  origins: {
    reason: "Origin not allowed",
    holds: (patterns, { origin }) =>
      origin !== undefined && anyOf(patterns, (pattern) => matchesOrigin(pattern, origin)),
  },
  ips: {
    reason: "IP address not allowed",
    holds: (entries, { clientIp }) =>
      anyOf(entries, (entry) => {
        const read = readIpRange(entry);
        return "range" in read && isInRange(clientIp, read.range);
      }),
  },
  methods: {
    reason: "Method not allowed",
    holds: (methods, { call }) => Array.isArray(methods) && methods.includes(call.method),
  },
  mode: {
    reason: "Method not allowed",
    holds: (mode, { call }) => mode === (isRead(call.method) ? "read-only" : "write-only"),
  },
  paths: {
    reason: "Path not allowed",
    holds: (patterns, { call }) => {
      const path = pathOf(call.targetPath);
      return anyOf(patterns, (pattern) => matchesPattern(pattern, path));
    },
  },
  models: {
    reason: "Model not allowed",
    holds: (patterns, call) => {
      const names = namedModels(call) ?? [];
      return (
        names.length > 0 && names.every((name) => anyOf(patterns, (pattern) => matchesPattern(pattern, name)))
      );
    },
  },
  notAfter: {
    reason: "Grant expired",
    holds: (notAfter, { now }) => typeof notAfter === "number" && now <= notAfter,
  },
  perMinute: CAP,
  perDay: CAP,
  perMonth: CAP,
  maxBody: {
    reason: "Body too large",
    holds: (maxBody, { body }) => typeof maxBody === "number" && (body?.length ?? 0) <= maxBody,
  },
  identity: {
    reason: "Restriction not supported",
    // That it can be read; whether the call satisfies it is verifyIdentity's to say.
    holds: (identity) => readIdentityRule(identity) !== null,
  },
  sealedOnly: {
    reason: "Sealed share required",
    holds: (sealedOnly, { share2 }) =>
      sealedOnly === false || (sealedOnly === true && share2.form === "sealed"),
  },
} as const satisfies Partial<Record<RestrictionName, Check>>;

/** The members that this server enforces. Store and grant refuse the others: a restriction that is ignored is a lie. */
export const ENFORCED_RESTRICTIONS: ReadonlySet<RestrictionName> = new Set(
  Object.keys(CHECKS) as (keyof typeof CHECKS)[],
);

/**
 * Step 5: what slot and grant allow (both must), what the operator demands, and whether the slot's host may be called.
 *
 * @throws ServerError `appNotAuthorized` with the reason, told only to a caller whose proof holds.
 */
export function checkRestrictions(deps: RestrictionDependencies, call: AuthorisedCall): void {
  for (const restrictions of [call.slot.restrictions, call.grant.restrictions]) {
    const reason = brokenRestriction(restrictions, call);
    if (reason !== null) throw notAuthorised(reason);
  }
  if (deps.requireSealedShares && call.share2.form !== "sealed") throw notAuthorised("Sealed share required");
  if (!deps.upstream.allowsOrigin(call.slot.baseUrl)) throw notAuthorised("Provider host not allowed");
}

function brokenRestriction(restrictions: unknown, call: AuthorisedCall): string | null {
  if (restrictions === null || restrictions === undefined) return null;
  if (typeof restrictions !== "object") return "Restriction not supported";
  for (const [name, member] of Object.entries(restrictions)) {
    const check: Check | undefined = Object.hasOwn(CHECKS, name)
      ? CHECKS[name as keyof typeof CHECKS]
      : undefined;
    if (check === undefined) return "Restriction not supported";
    if (!check.holds(member, call)) return check.reason;
  }
  return null;
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Whether one entry of a stored list fits. What is no list, or holds what is no text, fits nothing. */
function anyOf(list: unknown, fits: (entry: string) => boolean): boolean {
  return (
    Array.isArray(list) &&
    list.every((entry): entry is string => typeof entry === "string") &&
    list.some((entry) => fits(entry))
  );
}

function notAuthorised(reason: string): ServerError {
  return new ServerError("appNotAuthorized", { extra: { reason } });
}
