import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import "./card.css";

/** A card that the heading of its screen names. */
export function BareCard({ children }: { readonly children: ComponentChildren }) {
  return <div class="card">{children}</div>;
}

/** A titled region of a screen. */
export function Card(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly actions?: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{props.title}</h2>
        {props.actions}
      </header>
      {props.children}
    </section>
  );
}
