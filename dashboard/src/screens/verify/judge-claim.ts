import { VaultProofError, type VaultProofErrorCode } from "@vaultproof/sdk/browser";
import { explainError } from "../../session/explain-error.js";
import type { Session } from "../../session/session.js";
import { collectEvidence, MissingError, type Evidence, type Finding, type Verdict } from "./evidence.js";

/** Checks one claim: takes down what it finds. */
export type Check = (session: Session, evidence: Evidence) => Promise<void>;

/**
 * Errors of the SDK that say that somebody lies. All others, a network that is away among them, say that a check could
 * not be made.
 */
const LIES: ReadonlySet<VaultProofErrorCode> = new Set([
  "identity-changed",
  "document-invalid",
  "document-expired",
  "circuit-mismatch",
  "answer-unverified",
  "path-invalid",
  "log-rewritten",
]);

/** Runs a check and judges by what it took down. Never throws. */
export async function judgeClaim(
  session: Session,
  check: Check,
  onFinding: (findings: readonly Finding[]) => void,
): Promise<Verdict> {
  const evidence = collectEvidence(onFinding);
  const state = (): "holds" | "fails" => (evidence.hasHeld() && !evidence.hasFailed() ? "holds" : "fails");
  try {
    await check(session, evidence);
  } catch (error) {
    if (error instanceof VaultProofError && LIES.has(error.code)) evidence.holds(false, error.message);
    // What has failed already has failed, whatever kept the check from going on.
    if (!evidence.hasFailed()) {
      const missing = error instanceof MissingError ? error.missing : explainError(error);
      return { state: "unchecked", findings: evidence.findings(), missing };
    }
  }
  return { state: state(), findings: evidence.findings() };
}
