import type { ComponentChildren } from "preact";
import "./screen-head.css";

/** A screen's name, what it is for in a sentence, and what can be done with all of it. */
export function ScreenHead(props: {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}) {
  return (
    <header class="screen-head">
      <div class="screen-head-text">
        <h1>{props.title}</h1>
        {props.children !== undefined && <p>{props.children}</p>}
      </div>
      {props.actions !== undefined && <div class="screen-head-actions">{props.actions}</div>}
    </header>
  );
}
