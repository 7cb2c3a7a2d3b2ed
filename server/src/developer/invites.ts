import { timingSafeEqual } from "node:crypto";
import { digest } from "@vaultproof/protocol/framing";

/** What stands for an invite in memory and in the database: 32 bytes that do not yield it. */
export function inviteDigest(token: string): Uint8Array {
  return digest("vaultproof invite v1", token);
}

/** Whether an invite is one of the operator's, by digests. Takes as long whichever it is, and if it is none. */
export function isInvite(invites: readonly Uint8Array[], given: Uint8Array): boolean {
  let found = false;
  for (const invite of invites) found = timingSafeEqual(invite, given) || found;
  return found;
}
