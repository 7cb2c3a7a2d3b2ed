import { VaultProofError } from "@vaultproof/sdk/browser";
import { useEffect, useState } from "preact/hooks";
import { useService } from "../service/use-service.js";
import { useSession } from "../session/use-session.js";

/** What keeps the developer's client from opening, where only a person can do something about it. */
export type FirstContact =
  /** The server's identity has not been compared, or registration asks for an invite. */
  | { readonly kind: "not-connected"; readonly error: VaultProofError }
  /** Another server answers than the one that was pinned, or one that cannot show who it is. */
  | { readonly kind: "distrusted"; readonly error: VaultProofError };

const DISTRUST = ["identity-changed", "document-invalid", "document-expired"];

/** Opens the developer's client as soon as the keystore is unlocked. */
export function useFirstContact(): {
  readonly trouble: FirstContact | undefined;
  readonly again: () => void;
} {
  const session = useSession();
  const { watch, state } = useService();
  const [trouble, setTrouble] = useState<FirstContact>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (state !== "connected") return;
    let current = true;
    session.vault().then(
      () => current && setTrouble(undefined),
      (error: unknown) => {
        if (!current || !(error instanceof VaultProofError)) return;
        if (error.code === "circuit-mismatch") watch.markOutdated();
        setTrouble(judge(error));
      },
    );
    return () => {
      current = false;
    };
  }, [session, watch, state, attempt]);
  return { trouble, again: () => setAttempt(attempt + 1) };
}

function judge(error: VaultProofError): FirstContact | undefined {
  if (error.code === "identity-unpinned" || isRegistrationRefused(error))
    return { kind: "not-connected", error };
  return DISTRUST.includes(error.code) ? { kind: "distrusted", error } : undefined;
}

/** Whether the server does not take this developer, for want of an invite perhaps. */
export function isRegistrationRefused(error: unknown): boolean {
  return error instanceof VaultProofError && error.code === "refused" && error.status === 403;
}
