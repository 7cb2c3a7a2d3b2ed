import type { ComponentChildren } from "preact";
import "./button.css";

/** A button of the page. While `busy` it says so, cannot be pressed again and keeps its place. */
export function Button(props: {
  readonly children: ComponentChildren;
  readonly onPress?: (() => void) | undefined;
  readonly kind?: "primary" | "plain" | "danger" | "quiet";
  readonly type?: "button" | "submit";
  readonly busy?: boolean;
  readonly disabled?: boolean;
  /** For a button whose words are not enough by themselves. */
  readonly label?: string;
}) {
  const { children, onPress, kind = "plain", type = "button", busy = false, disabled = false, label } = props;
  return (
    <button
      class={`button button-${kind}`}
      type={type}
      aria-label={label}
      aria-busy={busy}
      disabled={disabled || busy}
      onClick={onPress}
    >
      {busy && <span class="button-spinner" aria-hidden="true" />}
      <span>{children}</span>
    </button>
  );
}
