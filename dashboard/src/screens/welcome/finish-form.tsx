import { useEffect, useState } from "preact/hooks";
import { RecoveryKitForm } from "../../passphrase/recovery-kit-form.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/confirm.js";
import { CopyText } from "../../ui/copy-text.js";
import { ScreenHead } from "../../ui/screen-head.js";

/** Shows the developer key once and offers the recovery kit, before the page goes on. */
export function FinishForm({ onDone }: { readonly onDone: () => void }) {
  const { keystore } = useSession();
  const [developerKey, setDeveloperKey] = useState("");
  const [hasKit, setHasKit] = useState(false);
  const [asking, setAsking] = useState(false);
  useEffect(() => void keystore.revealDeveloperKey().then(setDeveloperKey), [keystore]);
  return (
    <>
      <ScreenHead title="Your developer key">
        It is shown this once. Whoever has it is you: keep it in a password manager, or keep only the recovery
        kit.
      </ScreenHead>
      <Card title="The key">
        {developerKey !== "" && <CopyText label="Developer key" text={developerKey} />}
        <p class="soft small">This browser keeps it locked away; you need the text only elsewhere.</p>
      </Card>
      <Card title="Recovery kit">
        <p>
          If this browser&rsquo;s data is lost, the halves of your keys are lost with it: the developer key
          alone does not bring them back. The kit does. Make a new one after you have added keys or apps.
        </p>
        <RecoveryKitForm onSaved={() => setHasKit(true)} />
      </Card>
      <div class="form-actions">
        {hasKit ? (
          <Button kind="primary" onPress={onDone}>
            Done
          </Button>
        ) : (
          <Button onPress={() => setAsking(true)}>Go on without a kit</Button>
        )}
      </div>
      {asking && (
        <Confirm
          title="Go on without a recovery kit?"
          confirm="Go on without a kit"
          onConfirm={onDone}
          onCancel={() => setAsking(false)}
        >
          <p>
            Should this browser lose its data, every key stored from it has to be stored anew. You can make a
            kit later, under Settings.
          </p>
        </Confirm>
      )}
    </>
  );
}
