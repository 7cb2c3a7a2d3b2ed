import { IDENTITY_KINDS, type IdentityKind } from "@vaultproof/protocol/identity-restriction";
import type { IdentifiedCall } from "../identity/identified-call.js";
import { identityRefused } from "../identity/identity-refusal.js";
import { readIdentityRule, type IdentityRule } from "../identity/identity-rule.js";
import { verifyAccessToken } from "../identity/verify-access-token.js";
import { verifyIdSignature } from "../identity/verify-id-signature.js";
import { verifyIdentityToken } from "../identity/verify-identity-token.js";
import { pathOf } from "./target-path.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** What a kind says of whom the call is made for; throws where it does not hold. */
type Verify = (text: string, rule: IdentityRule, call: IdentifiedCall) => string | Promise<string>;

const VERIFY: Readonly<Record<IdentityKind, Verify>> = {
  idSignature: verifyIdSignature,
  identityToken: verifyIdentityToken,
  accessToken: verifyAccessToken,
};

/**
 * Step 5: for whom the call is made, where slot or grant demand that the developer's backend says it. At least one kind
 * that is accepted must be there, each that is there must hold, and all must name one subject. Kinds that nobody accepts
 * are not looked at: the proof covers them, and nothing relies on them.
 *
 * @returns the subject; null where neither demands one.
 * @throws ServerError `appNotAuthorized` with the reason, told only to a caller whose proof holds.
 */
export async function verifyIdentity(call: AuthorisedCall): Promise<string | null> {
  const subjects = new Set<string>();
  for (const restrictions of [call.slot.restrictions, call.grant.restrictions]) {
    const rule = ruleOf(restrictions);
    if (rule === null) continue;
    for (const subject of await subjectsOf(rule, call)) subjects.add(subject);
  }
  if (subjects.size > 1) throw identityRefused("differ");
  const [subject = null] = subjects;
  return subject;
}

async function subjectsOf(rule: IdentityRule, call: AuthorisedCall): Promise<string[]> {
  const auth = call.call.auth ?? {};
  const about: IdentifiedCall = {
    keySlotId: call.slot.id,
    appId: call.grant.appId,
    method: call.call.method,
    path: pathOf(call.call.targetPath),
    origin: call.origin,
    now: call.now,
  };
  const subjects: string[] = [];
  for (const kind of IDENTITY_KINDS) {
    const text = auth[kind];
    if (text === undefined || !rule.accept.includes(kind)) continue;
    subjects.push(await VERIFY[kind](text, rule, about));
  }
  if (subjects.length === 0) throw identityRefused("required");
  return subjects;
}

/** What checkRestrictions has let pass is an object or nothing, and its `identity` one that can be read. */
function ruleOf(restrictions: unknown): IdentityRule | null {
  if (typeof restrictions !== "object" || restrictions === null) return null;
  if (!Object.hasOwn(restrictions, "identity")) return null;
  const rule = readIdentityRule((restrictions as { identity?: unknown }).identity);
  if (rule === null) throw identityRefused("notAccepted");
  return rule;
}
