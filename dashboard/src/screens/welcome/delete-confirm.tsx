import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useSession } from "../../session/use-session.js";
import { Confirm } from "../../ui/confirm.js";
import { Field } from "../../ui/field.js";

const WORD = "delete";

/** Deletes the keystore from this browser, once a word is typed. */
export function DeleteConfirm(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}) {
  const { keystore } = useSession();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const remove = () => {
    setBusy(true);
    keystore.delete().catch(() => {
      setBusy(false);
      setFailed(true);
    });
  };
  return (
    <Confirm
      title={props.title}
      confirm="Delete from this browser"
      busy={busy}
      disabled={typed.trim().toLowerCase() !== WORD}
      onConfirm={remove}
      onCancel={props.onClose}
    >
      <div class="form">
        {props.children}
        <p>
          <strong>Without a recovery kit, the halves of your keys are gone for good.</strong>
        </p>
        <Field
          label={`Type ${WORD} to go on`}
          value={typed}
          onInput={setTyped}
          error={
            failed ? "The browser did not delete it. Close other tabs of this page and try again." : undefined
          }
        />
      </div>
    </Confirm>
  );
}
