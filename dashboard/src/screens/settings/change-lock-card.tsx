import { useState } from "preact/hooks";
import { NewPassphraseFields } from "../../passphrase/new-passphrase-fields.js";
import { useNewPassphrase } from "../../passphrase/use-new-passphrase.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Form } from "../../ui/form.js";
import { Notice } from "../../ui/notice.js";
import { useCurrentLock } from "./use-current-lock.js";

/** Changes the passphrase, or puts one in the place of a passkey. */
export function ChangeLockCard() {
  const { keystore } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const current = useCurrentLock(busy);
  const entry = useNewPassphrase();
  const change = async () => {
    const passphrase = entry.take();
    if (passphrase === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await keystore.changePassphrase(current.take(), { passphrase });
      announce("The passphrase was changed");
    } catch (error) {
      setProblem(current.refuse(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Passphrase">
      <Form onSubmit={() => void change()}>
        {current.field}
        <NewPassphraseFields entry={entry} label="New passphrase" busy={busy} />
        {problem !== undefined && <Notice kind="bad">{problem}</Notice>}
        <p class="soft small">Recovery kits made before keep the passphrase that they were made with.</p>
        <div class="form-actions">
          <Button type="submit" busy={busy}>
            Change the passphrase
          </Button>
        </div>
      </Form>
    </Card>
  );
}
