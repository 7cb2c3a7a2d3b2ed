import { useState } from "preact/hooks";
import { ErrorNotice } from "../session/error-notice.js";
import { useSession } from "../session/use-session.js";
import { Button } from "../ui/button.js";
import { downloadFile } from "../ui/download-file.js";
import { Form } from "../ui/form.js";
import { Icon } from "../ui/icon.js";
import { Notice } from "../ui/notice.js";
import { useAct } from "../ui/use-act.js";
import { NewPassphraseFields } from "./new-passphrase-fields.js";
import { useNewPassphrase } from "./use-new-passphrase.js";

const SHOWN_OF_ID = 8;

/** Makes a recovery kit under a passphrase of its own and lets the browser save it. */
export function RecoveryKitForm({ onSaved }: { readonly onSaved?: () => void }) {
  const { keystore } = useSession();
  const entry = useNewPassphrase();
  const { busy, error, act } = useAct();
  const [saved, setSaved] = useState<string>();
  const make = () => {
    const passphrase = entry.take();
    if (passphrase === undefined) return;
    setSaved(undefined);
    act(async () => {
      const kit = await keystore.exportRecoveryKit(passphrase);
      const name = kitName(keystore.developerId);
      downloadFile({ name, text: `${kit}\n`, type: "text/plain" });
      setSaved(name);
      onSaved?.();
    });
  };
  return (
    <Form onSubmit={make}>
      <NewPassphraseFields entry={entry} label="Passphrase for the kit" busy={busy} />
      {error !== undefined && <ErrorNotice error={error} />}
      {saved !== undefined && (
        <Notice kind="good" title="The kit was saved">
          {saved}. Keep its passphrase somewhere else.
        </Notice>
      )}
      <div class="form-actions">
        <Button type="submit" busy={busy}>
          <span class="lock-words">
            <Icon name="download" />
            Download the recovery kit
          </span>
        </Button>
      </div>
    </Form>
  );
}

function kitName(developerId = ""): string {
  const day = new Date().toISOString().slice(0, 10);
  return `vaultproof-recovery-kit-${developerId.slice(0, SHOWN_OF_ID)}-${day}.txt`;
}
