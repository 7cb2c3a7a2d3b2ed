import { useId } from "preact/hooks";
import "../../ui/field.css";

/** A labelled choice among a few. */
export function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly name: string }[];
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        disabled={props.disabled ?? false}
        aria-describedby={`${id}-hint`}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        {props.options.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <p id={`${id}-hint`} class="field-hint">
        {props.hint}
      </p>
    </div>
  );
}
