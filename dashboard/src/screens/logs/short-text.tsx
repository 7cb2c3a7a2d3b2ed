import { useState } from "preact/hooks";

/** Text cut to its beginning and end where it is long, whole under the pointer, with a button that copies all of it. */
export function ShortText(props: {
  readonly text: string;
  /** What it is, for the button: `key id`. */
  readonly what: string;
  /** Characters that are shown of a long one. */
  readonly most?: number;
}) {
  const { text, what, most = 28 } = props;
  const [copied, setCopied] = useState(false);
  if (text.length <= most) return <span>{text}</span>;
  const end = Math.min(6, Math.floor(most / 3));
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <span>
      <span title={text}>
        {text.slice(0, most - end - 1)}…{text.slice(-end)}
      </span>
      <button
        type="button"
        class="log-copy"
        aria-label={`Copy ${what} ${text}`}
        title={`Copy ${what}`}
        onClick={copy}
      >
        {copied ? "Copied" : "Copy"}
      </button>
      <span class="visually-hidden" role="status">
        {copied ? `Copied ${what}` : ""}
      </span>
    </span>
  );
}
