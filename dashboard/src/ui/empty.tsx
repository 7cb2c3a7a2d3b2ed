import type { ComponentChildren } from "preact";
import "./empty.css";

/** What stands where there is nothing yet, with the way to the first thing. */
export function Empty(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      <div>{props.children}</div>
      {props.action}
    </div>
  );
}

/** What stands where something is on its way. */
export function Loading(props: { readonly what: string }) {
  return (
    <p class="loading" role="status">
      {props.what}…
    </p>
  );
}
