import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.js";
import "./notice.css";

type NoticeKind = "info" | "good" | "warn" | "bad";

const ICONS: Readonly<Record<NoticeKind, IconName>> = {
  info: "info",
  good: "check",
  warn: "warning",
  bad: "stop",
};

/** What a person should know now: said aloud by screen readers, an error at once. */
export function Notice(props: {
  readonly kind: NoticeKind;
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  const { kind, title, children, action } = props;
  return (
    <div class={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <div class="notice-body">
        <Icon name={ICONS[kind]} />
        <div class="notice-text">
          {title !== undefined && <strong>{title}</strong>}
          {children !== undefined && <div>{children}</div>}
        </div>
      </div>
      {action}
    </div>
  );
}
