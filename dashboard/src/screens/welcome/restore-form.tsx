import { useRef, useState } from "preact/hooks";
import { NewPassphraseFields } from "../../passphrase/new-passphrase-fields.js";
import { useNewPassphrase } from "../../passphrase/use-new-passphrase.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Button } from "../../ui/button.js";
import { Form } from "../../ui/form.js";
import { Notice } from "../../ui/notice.js";
import { SecretField } from "../../ui/secret-field.js";
import { TextArea } from "../../ui/text-area.js";

/** Takes a recovery kit, by file or pasted, and what is to open it here from now on. */
export function RestoreForm(props: {
  readonly onBegin: () => void;
  readonly onBack: () => void;
  readonly onDone: () => void;
}) {
  const session = useSession();
  const { keystore } = session;
  const [kit, setKit] = useState("");
  const kitPassphrase = useRef<HTMLInputElement>(null);
  const entry = useNewPassphrase();
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [unconnected, setUnconnected] = useState<unknown>();

  const restore = async () => {
    const ofKit = kitPassphrase.current?.value ?? "";
    const passphrase = entry.take();
    if (passphrase === undefined) return;
    setError(undefined);
    setBusy("Opening the kit: this takes a moment");
    props.onBegin();
    let named: Awaited<ReturnType<typeof keystore.import>>;
    try {
      named = await keystore.import(kit.trim(), ofKit, { passphrase });
    } catch (problem) {
      setError(problem);
      setBusy(undefined);
      return;
    } finally {
      if (kitPassphrase.current !== null) kitPassphrase.current.value = "";
    }
    setKit("");
    setBusy("Connecting to the server");
    try {
      await session.connect({ serverIdentity: named.serverIdentity });
      announce("Restored from the recovery kit");
      props.onDone();
    } catch (problem) {
      setUnconnected(problem);
      setBusy(undefined);
    }
  };

  if (unconnected !== undefined) {
    return <RestoredUnconnected error={unconnected} onDone={props.onDone} />;
  }
  const working = busy !== undefined;
  return (
    <Form onSubmit={() => void restore()}>
      <KitFile onText={setKit} disabled={working} />
      <TextArea
        label="Recovery kit"
        hint="Choose the file above, or paste the text that begins with vpk_."
        rows={3}
        mono
        value={kit}
        onInput={setKit}
        disabled={working}
      />
      <SecretField label="Passphrase of the kit" inputRef={kitPassphrase} readOnly={working} />
      <h2>What opens the key in this browser</h2>
      <NewPassphraseFields entry={entry} busy={working} />
      {error !== undefined && <ErrorNotice error={error} />}
      <p class="form-progress" role="status">
        {busy === undefined ? "" : `${busy}…`}
      </p>
      <div class="form-actions">
        <Button onPress={props.onBack} disabled={working}>
          Back
        </Button>
        <Button type="submit" kind="primary" busy={working} disabled={kit.trim() === ""}>
          Restore
        </Button>
      </div>
    </Form>
  );
}

function KitFile(props: { readonly onText: (text: string) => void; readonly disabled: boolean }) {
  const read = (files: FileList | null) => {
    void files?.[0]?.text().then(props.onText);
  };
  return (
    <label class="kit-file">
      <span>Recovery kit file</span>
      <input
        type="file"
        accept=".txt,text/plain"
        disabled={props.disabled}
        onChange={(event) => read(event.currentTarget.files)}
      />
    </label>
  );
}

/** The state is here all the same, so it says so and goes on. */
function RestoredUnconnected({ error, onDone }: { readonly error: unknown; readonly onDone: () => void }) {
  return (
    <div class="form">
      <Notice kind="good" title="The kit was restored">
        Your developer key and your halves are in this browser.
      </Notice>
      <ErrorNotice error={error} />
      <div class="form-actions">
        <Button kind="primary" onPress={onDone}>
          Go on
        </Button>
      </div>
    </div>
  );
}
