import { VaultProofError, type KeystoreUnlock } from "@vaultproof/sdk/browser";
import { useRef, useState } from "preact/hooks";
import { explainError } from "../../session/explain-error.js";
import { useSession } from "../../session/use-session.js";
import { SecretField } from "../../ui/secret-field.js";

/** Asks again for what opens the keystore now, before something that only its owner may do. */
export function useCurrentLock(busy: boolean) {
  const { keystore } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const isPasskey = keystore.protection === "passkey";
  return {
    /** Nothing to type where a passkey opens it. */
    field: isPasskey ? null : (
      <SecretField
        label="Present passphrase"
        inputRef={input}
        error={error}
        autoComplete="current-password"
        readOnly={busy}
      />
    ),
    /** What was typed, and the field emptied. */
    take(): KeystoreUnlock {
      setError(undefined);
      if (isPasskey) return { passkey: true };
      const passphrase = input.current?.value ?? "";
      if (input.current !== null) input.current.value = "";
      return { passphrase };
    },
    /** Says what went wrong, beside the field if it was what was typed. Returns what is to be said elsewhere. */
    refuse(problem: unknown): string | undefined {
      if (problem instanceof VaultProofError && problem.code === "wrong-passphrase" && !isPasskey) {
        setError("That does not open it.");
        input.current?.focus();
        return undefined;
      }
      const { title, advice } = explainError(problem);
      return `${title} ${advice}`;
    },
  };
}
