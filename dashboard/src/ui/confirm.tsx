import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.js";
import "./confirm.css";

/** Asks before what cannot be undone: a modal dialog, Escape and the first button leave everything as it is. */
export function Confirm(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly confirm: string;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onCancel();
      }}
    >
      <h2 id={id}>{props.title}</h2>
      <div>{props.children}</div>
      <div class="confirm-actions">
        <Button onPress={props.onCancel}>Cancel</Button>
        <Button
          kind="danger"
          busy={props.busy ?? false}
          disabled={props.disabled ?? false}
          onPress={props.onConfirm}
        >
          {props.confirm}
        </Button>
      </div>
    </dialog>
  );
}
