import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/confirm.js";
import { Field } from "../../ui/field.js";
import { useAct } from "../../ui/use-act.js";
import { forgetBundles } from "./kept-bundles.js";

/** Ends a key for all its apps, once its label has been typed. */
export function RevokeKey({ slot, reload }: { readonly slot: KeySlot; readonly reload: () => void }) {
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const { busy, error, act } = useAct();
  const revoke = () =>
    act(async () => {
      await (await session.vault()).keys.revoke(slot.id);
      await forgetBundles(session.keystore, slot.id);
      setAsking(false);
      announce(`${slot.label} is revoked`);
      reload();
    });
  return (
    <Card title="Revoke the key">
      <p>
        Ends it for all its apps. The server deletes its share; this cannot be undone. Delete the key at the
        provider too.
      </p>
      <div>
        <Button
          kind="danger"
          onPress={() => {
            setTyped("");
            setAsking(true);
          }}
        >
          Revoke this key
        </Button>
      </div>
      {asking && (
        <Confirm
          title={`Revoke ${slot.label}?`}
          confirm="Revoke for ever"
          busy={busy}
          disabled={typed.trim() !== slot.label.trim()}
          onConfirm={revoke}
          onCancel={() => setAsking(false)}
        >
          <Field label={`Type the label to confirm: ${slot.label}`} value={typed} onInput={setTyped} />
          {error !== undefined && <ErrorNotice error={error} />}
        </Confirm>
      )}
    </Card>
  );
}
