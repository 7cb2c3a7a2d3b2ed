import { useId, useState } from "preact/hooks";
import { describers, Labelled } from "./labelled.js";
import "./secret-field.css";

/**
 * A labelled line for what must not be kept: its text lives in the input alone, never in a state of the page. Whoever
 * reads `inputRef.current.value` empties it at once.
 */
export function SecretField(props: {
  readonly label: string;
  readonly inputRef: { current: HTMLInputElement | null };
  /** Told how many characters there are, for a hint. */
  readonly onLength?: ((length: number) => void) | undefined;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly autoComplete?: "current-password" | "new-password" | "off";
  readonly readOnly?: boolean;
}) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const { label, inputRef, onLength, hint, error, autoComplete = "off", readOnly = false } = props;
  return (
    <Labelled id={id} label={label} hint={hint} error={error}>
      <div class="secret-field">
        <input
          id={id}
          ref={inputRef}
          type={shown ? "text" : "password"}
          autocomplete={autoComplete}
          autocapitalize="off"
          spellcheck={false}
          readOnly={readOnly}
          aria-invalid={error !== undefined}
          aria-describedby={describers(id)}
          onInput={(event) => onLength?.(event.currentTarget.value.length)}
        />
        <button
          type="button"
          aria-controls={id}
          aria-describedby={`${id}-label`}
          onClick={() => setShown(!shown)}
        >
          {shown ? "Hide" : "Show"}
        </button>
      </div>
    </Labelled>
  );
}
