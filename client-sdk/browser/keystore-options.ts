import { VaultProofError } from "../src/sdk-error.js";

/** @throws VaultProofError `invalid-argument` */
export function requireMinutes(minutes: number): void {
  if (Number.isFinite(minutes) && minutes >= 0) return;
  throw new VaultProofError("invalid-argument", "minutes without use are a number, 0 for never");
}
