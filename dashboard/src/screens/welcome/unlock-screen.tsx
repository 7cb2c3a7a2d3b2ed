import { VaultProofError } from "@vaultproof/sdk/browser";
import { useEffect, useRef, useState } from "preact/hooks";
import { explainError } from "../../session/explain-error.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { BareCard } from "../../ui/card.js";
import { Form } from "../../ui/form.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { SecretField } from "../../ui/secret-field.js";
import { DeleteConfirm } from "./delete-confirm.js";
import "./welcome.css";

/** What stands before a locked keystore. */
export function UnlockScreen() {
  const { keystore } = useSession();
  const [forgotten, setForgotten] = useState(false);
  return (
    <>
      <ScreenHead title="Locked">Your keys are in this browser, encrypted.</ScreenHead>
      <BareCard>
        {keystore.protection === "passkey" ? <PasskeyUnlock /> : <PassphraseUnlock />}
        <p class="forgotten">
          <Button kind="quiet" onPress={() => setForgotten(true)}>
            Forgotten?
          </Button>
        </p>
      </BareCard>
      {forgotten && (
        <DeleteConfirm title="Start over in this browser?" onClose={() => setForgotten(false)}>
          <p>
            Nobody can open it without what locked it. With a recovery kit you can begin anew: delete what is
            here, then restore from the kit.
          </p>
        </DeleteConfirm>
      )}
    </>
  );
}

function PassphraseUnlock() {
  const { keystore } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  useEffect(() => input.current?.focus(), []);
  const unlock = async () => {
    const field = input.current;
    if (field === null || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await keystore.unlock({ passphrase: field.value });
      field.value = "";
    } catch (problem) {
      setError(wordsFor(problem));
      field.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form onSubmit={() => void unlock()}>
      <SecretField
        label="Passphrase"
        inputRef={input}
        error={error}
        autoComplete="current-password"
        readOnly={busy}
      />
      <Button type="submit" kind="primary" busy={busy}>
        Unlock
      </Button>
    </Form>
  );
}

function PasskeyUnlock() {
  const { keystore } = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const unlock = () => {
    setBusy(true);
    setError(undefined);
    keystore
      .unlock({ passkey: true })
      .catch((problem: unknown) => setError(wordsFor(problem)))
      .finally(() => setBusy(false));
  };
  return (
    <div class="form">
      <Button kind="primary" busy={busy} onPress={unlock}>
        Unlock with the passkey
      </Button>
      <p class="field-error" role="alert">
        {error}
      </p>
    </div>
  );
}

function wordsFor(problem: unknown): string {
  if (problem instanceof VaultProofError && problem.code === "wrong-passphrase") {
    return "That does not open it.";
  }
  const { title, advice } = explainError(problem);
  return `${title} ${advice}`;
}
