import { useId } from "preact/hooks";
import { describers, Labelled } from "./labelled.js";

/** A labelled field of several lines. */
export function TextArea(props: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly rows?: number;
  readonly mono?: boolean;
  readonly disabled?: boolean;
}) {
  const id = useId();
  const { label, value, onInput, hint, error, rows = 4, mono = false, disabled = false } = props;
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <textarea
        id={id}
        class={mono ? "mono" : ""}
        rows={rows}
        value={value}
        disabled={disabled}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={describers(id)}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Labelled>
  );
}
