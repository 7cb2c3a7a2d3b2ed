import type { ComponentChildren } from "preact";
import "./field.css";

/** What stands around a control: its label, and below it hint and error. The control names both as what describes it: {@link describers}. */
export function Labelled(props: {
  /** The control's; its label has `<id>-label`. */
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly class?: string;
  readonly children: ComponentChildren;
}) {
  const { id, label, hint, error, children } = props;
  return (
    <div class={props.class === undefined ? "field" : `field ${props.class}`}>
      <label id={`${id}-label`} for={id}>
        {label}
      </label>
      {children}
      <p id={`${id}-hint`} class="field-hint">
        {hint}
      </p>
      <p id={`${id}-error`} class="field-error" role="alert">
        {error}
      </p>
    </div>
  );
}

/** Value of `aria-describedby` for a control within {@link Labelled}. */
export function describers(id: string): string {
  return `${id}-hint ${id}-error`;
}
