import type { ComponentChildren } from "preact";
import "./notice.css";

/** What a person should know now: said aloud by screen readers, an error at once. */
export function Notice(props: {
  readonly kind: "info" | "good" | "warn" | "bad";
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  const { kind, title, children, action } = props;
  return (
    <div class={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <div class="notice-text">
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}
