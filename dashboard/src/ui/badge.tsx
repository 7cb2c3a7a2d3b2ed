import type { ComponentChildren } from "preact";
import "./badge.css";

/** One word about the thing beside it, as a status; the colour only repeats what the word says. */
export function Badge(props: {
  readonly kind?: "plain" | "good" | "warn" | "bad" | "accent";
  readonly children: ComponentChildren;
}) {
  return <span class={`badge badge-${props.kind ?? "plain"}`}>{props.children}</span>;
}
