import { useId } from "preact/hooks";
import "./field.css";

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
    <div class="field">
      <label for={id}>{label}</label>
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
        aria-describedby={`${id}-hint ${id}-error`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} class="field-hint">
        {hint}
      </p>
      <p id={`${id}-error`} class="field-error" role="alert">
        {error}
      </p>
    </div>
  );
}
