import { useState } from "preact/hooks";
import { Button } from "./button.js";
import "./copy-text.css";

/** Text to be copied as it is, with its button. */
export function CopyText(props: { readonly label: string; readonly text: string }) {
  const [said, setSaid] = useState("");
  const copy = () => {
    navigator.clipboard.writeText(props.text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser did not allow it; select the text and copy it"),
    );
  };
  return (
    <figure class="copy-text">
      <figcaption>
        <span>{props.label}</span>
        <Button kind="quiet" label={`Copy: ${props.label}`} onPress={copy}>
          Copy
        </Button>
      </figcaption>
      <pre tabIndex={0}>{props.text}</pre>
      <p class="visually-hidden" role="status">
        {said}
      </p>
    </figure>
  );
}
