import type { CountedCap } from "@vaultproof/db/queries/burn-nullifier";
import { CAPS, type CapName, type CapScope } from "@vaultproof/protocol/caps";
import { ServerError } from "../errors.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** A cap on a call: what it is called, and what is counted for it. */
export interface CallCap extends CountedCap {
  readonly name: CapName;
  readonly scope: CapScope;
}

const MAX_COUNT = 1_000_000_000;
const CAP_NAMES = Object.keys(CAPS) as CapName[];

/** Whether a stored member can be a cap at all. */
export function isCap(member: unknown): member is number {
  return Number.isSafeInteger(member) && Number(member) >= 1 && Number(member) <= MAX_COUNT;
}

/**
 * Every cap that a call counts against: those of the slot and the operator's, those of the grant, and where the call
 * is made for somebody, those that slot and grant have for each subject. What is counted stays with the app's id: an
 * app that is granted anew goes on where it was.
 *
 * @param subject for whom the call is made; null for nobody in particular.
 * @param slotCallsPerMinute the operator's cap on a slot; 0 for none.
 * @throws ServerError `appNotAuthorized` where a stored cap cannot be read: ignored it would be no cap.
 */
export function capsOf(
  { slot, grant }: Pick<AuthorisedCall, "slot" | "grant">,
  subject: string | null,
  slotCallsPerMinute: number,
): CallCap[] {
  const slotCounter = { scope: "slot", app: "", subject: "" } as const;
  const operator = slotCallsPerMinute > 0 ? { perMinute: slotCallsPerMinute } : null;
  const caps = [
    ...capsIn(operator, slotCounter),
    ...capsIn(slot.restrictions, slotCounter),
    ...capsIn(grant.restrictions, { scope: "app", app: grant.appId, subject: "" }),
  ];
  if (subject !== null) {
    caps.push(
      ...capsIn(identityOf(slot.restrictions), { scope: "subject", app: "", subject }),
      ...capsIn(identityOf(grant.restrictions), { scope: "subject", app: grant.appId, subject }),
    );
  }
  return lowestOfEach(caps);
}

function capsIn(restrictions: unknown, counter: Pick<CallCap, "scope" | "app" | "subject">): CallCap[] {
  if (restrictions === null || restrictions === undefined) return [];
  const members = restrictions as Partial<Record<CapName, unknown>>;
  return CAP_NAMES.filter((name) => Object.hasOwn(members, name)).map((name) => {
    const limit = members[name];
    if (!isCap(limit)) {
      throw new ServerError("appNotAuthorized", { extra: { reason: "Restriction not supported" } });
    }
    return { ...counter, name, window: CAPS[name], limit };
  });
}

function identityOf(restrictions: unknown): unknown {
  return (restrictions as { identity?: unknown } | null | undefined)?.identity;
}

/** Two caps of one counter count once, against the lower: the operator's and the slot's own, by the minute. */
function lowestOfEach(caps: readonly CallCap[]): CallCap[] {
  const lowest = new Map<string, CallCap>();
  for (const cap of caps) {
    const counter = JSON.stringify([cap.app, cap.subject, cap.window]);
    const other = lowest.get(counter);
    if (other === undefined || cap.limit < other.limit) lowest.set(counter, cap);
  }
  return [...lowest.values()];
}
