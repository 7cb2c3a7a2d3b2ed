import { useId } from "preact/hooks";
import { describers, Labelled } from "./labelled.js";

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
    <Labelled id={id} label={label} hint={hint} error={error}>
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
        aria-describedby={describers(id)}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Labelled>
  );
}
