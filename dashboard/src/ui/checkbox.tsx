import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import "./field.css";

/** Something to agree to or to switch on; pressing the words does it too. */
export function Checkbox(props: {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
}) {
  const id = useId();
  const { label, checked, onChange, hint, disabled = false } = props;
  return (
    <div class="checkbox">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      <p id={`${id}-hint`} class="field-hint">
        {hint}
      </p>
    </div>
  );
}
