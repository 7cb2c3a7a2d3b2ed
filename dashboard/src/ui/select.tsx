import { useId } from "preact/hooks";
import { describers, Labelled } from "./labelled.js";

/** A labelled choice of one among a few, by the platform's own list. */
export function Select<Value extends string>(props: {
  readonly label: string;
  readonly value: Value;
  /** Those of one group stand together under its name. */
  readonly options: readonly { readonly value: Value; readonly name: string; readonly group?: string }[];
  readonly onChange: (value: Value) => void;
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
}) {
  const id = useId();
  const { label, value, options, onChange, hint, disabled = false } = props;
  return (
    <Labelled id={id} label={label} hint={hint}>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={describers(id)}
        onChange={(event) => onChange(event.currentTarget.value as Value)}
      >
        {[...new Set(options.map(({ group }) => group))].map((group) => {
          const members = options.filter((option) => option.group === group);
          const shown = members.map((option) => (
            <option key={option.value} value={option.value}>
              {option.name}
            </option>
          ));
          return group === undefined ? (
            shown
          ) : (
            <optgroup key={group} label={group}>
              {shown}
            </optgroup>
          );
        })}
      </select>
    </Labelled>
  );
}
