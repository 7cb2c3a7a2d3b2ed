import { ServerError } from "../errors.js";

/** All that is told of an identity that was not taken: enough for an honest developer, nothing for a forger. */
const REASONS = {
  required: "Identity required",
  notAccepted: "Identity not accepted",
  expired: "Identity expired",
  notYetValid: "Identity not yet valid",
  differ: "Identities differ",
  origin: "Access token not for this origin",
  path: "Access token not for this path",
  method: "Access token not for this method",
} as const;

/** Step 5 refuses the call; told only to a caller whose proof holds. */
export function identityRefused(why: keyof typeof REASONS): ServerError {
  return new ServerError("appNotAuthorized", { extra: { reason: REASONS[why] } });
}
