import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { APP_ID } from "@vaultproof/protocol/identifiers";
import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Button } from "../../ui/button.js";
import { Checkbox } from "../../ui/checkbox.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { useAct } from "../../ui/use-act.js";
import { AppBundles } from "./app-bundles.js";
import { NO_RESTRICTIONS, readDraft } from "./restrictions-draft.js";
import { RestrictionsEditor } from "./restrictions-editor.js";

interface Granted {
  readonly appId: string;
  readonly bundle: string;
  readonly kept: boolean;
}

/** Lets another app use a key, or gives one that may new restrictions and a new bundle. */
export function GrantForm({ slot, reload }: { readonly slot: KeySlot; readonly reload: () => void }) {
  const session = useSession();
  const [name, setName] = useState("");
  const [keep, setKeep] = useState(true);
  const [draft, setDraft] = useState(NO_RESTRICTIONS);
  const [problem, setProblem] = useState<string>();
  const [granted, setGranted] = useState<Granted>();
  const { busy, error, act } = useAct();
  const appId = name.trim();
  const again = slot.appGrants.some((grant) => grant.appId === appId);
  const submit = () => {
    const read = readDraft(draft);
    const fits = APP_ID.test(appId);
    setProblem(fits ? undefined : "An app is named by 1 to 128 of A-Z a-z 0-9 . _ : -");
    if (!fits || read.problems !== undefined) return;
    act(async () => {
      const { bundle } = await (await session.vault()).apps.grant(slot.id, appId, read.restrictions);
      // Whatever becomes of keeping it: the old one is dead, and this one is shown once.
      setGranted({ appId, bundle, kept: false });
      setName("");
      setDraft(NO_RESTRICTIONS);
      announce(`${appId} may use this key`);
      if (keep) await session.keystore.saveBundle({ keySlotId: slot.id, appId, bundle });
      else await session.keystore.removeBundle(slot.id, appId);
      setGranted({ appId, bundle, kept: keep });
      reload();
    });
  };
  return (
    <Form noValidate onSubmit={submit}>
      <h3>Grant an app</h3>
      <Field
        label="Name of the app"
        value={name}
        error={problem}
        hint={
          again ? "It may use the key already: this replaces its restrictions and its bundle." : undefined
        }
        onInput={setName}
      />
      <RestrictionsEditor draft={draft} whom="this app" onChange={setDraft} />
      <Checkbox label="Keep its bundle in this browser" checked={keep} onChange={setKeep} />
      {error !== undefined && <ErrorNotice error={error} />}
      <div>
        <Button type="submit" busy={busy}>
          {again ? "Grant anew" : "Grant"}
        </Button>
      </div>
      {granted !== undefined && (
        <AppBundles
          key={`${granted.bundle} ${granted.kept}`}
          keySlotId={slot.id}
          bundles={{ [granted.appId]: granted.bundle }}
          kept={granted.kept ? [granted.appId] : []}
        />
      )}
    </Form>
  );
}
