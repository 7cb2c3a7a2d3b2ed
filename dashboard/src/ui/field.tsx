import { useId } from "preact/hooks";
import "./field.css";

/** A labelled line of text. Hint and error are tied to it for screen readers. */
export function Field(props: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "url" | "number" | "search" | "datetime-local";
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly autoComplete?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  readonly inputRef?: { current: HTMLInputElement | null };
}) {
  const id = useId();
  const { label, value, onInput, type = "text", hint, error, autoComplete = "off", inputRef } = props;
  const { required = false, disabled = false, placeholder } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={inputRef ?? null}
        type={type}
        value={value}
        autocomplete={autoComplete}
        autocapitalize="off"
        spellcheck={false}
        required={required}
        disabled={disabled}
        placeholder={placeholder}
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
