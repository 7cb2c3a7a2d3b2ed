import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.js";
import "./copy-text.css";

const SAID_FOR_MS = 2500;

/** Text to be copied as it is, with its button, which says for a moment that it did. */
export function CopyText(props: { readonly label: string; readonly text: string }) {
  const [outcome, setOutcome] = useState<"copied" | "refused">();
  useEffect(() => {
    if (outcome !== "copied") return;
    const timer = setTimeout(() => setOutcome(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () => {
    navigator.clipboard.writeText(props.text).then(
      () => setOutcome("copied"),
      () => setOutcome("refused"),
    );
  };
  return (
    <figure class="copy-text">
      <figcaption>
        <span>{props.label}</span>
        <Button kind="quiet" label={`Copy: ${props.label}`} onPress={copy}>
          {outcome === "copied" ? "Copied" : "Copy"}
        </Button>
      </figcaption>
      <pre tabIndex={0}>{props.text}</pre>
      <p class={outcome === "refused" ? "copy-text-said" : "visually-hidden"} role="status">
        {outcome === "copied" && "Copied"}
        {outcome === "refused" && "The browser did not allow it; select the text and copy it"}
      </p>
    </figure>
  );
}
