import type { ComponentChildren } from "preact";

/** A form that the page handles by itself: Enter in a field does what its submit button does. */
export function Form(props: {
  readonly onSubmit: () => void;
  /** Its layout; the page's usual one unless given. */
  readonly class?: string;
  /** Whether the browser leaves the checking of its fields to the page. */
  readonly noValidate?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <form
      class={props.class ?? "form"}
      noValidate={props.noValidate ?? false}
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      {props.children}
    </form>
  );
}
