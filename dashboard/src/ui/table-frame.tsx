import type { ComponentChildren } from "preact";
import "./table-frame.css";

/** Stands around a `<table>`: a wide one scrolls in here, by keyboard too, and never the page. */
export function TableFrame(props: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="table-frame" role="region" aria-label={props.label} tabIndex={0}>
      {props.children}
    </div>
  );
}
