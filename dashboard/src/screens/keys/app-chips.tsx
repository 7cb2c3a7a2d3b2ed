import { useId, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.js";
import { describers, Labelled } from "../../ui/labelled.js";
import "./app-chips.css";

/** Names of apps: each a chip that can be taken away, and a line to write the next. */
export function AppChips(props: {
  readonly apps: readonly string[];
  readonly onChange: (apps: readonly string[]) => void;
  readonly error?: string | undefined;
}) {
  const id = useId();
  const { apps, onChange, error } = props;
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const add = (given: string) => {
    const names = given.split(/[\s,]+/).filter((name) => name !== "");
    if (names.length > 0) onChange([...new Set([...apps, ...names])]);
    setText("");
  };
  const remove = (app: string) => {
    onChange(apps.filter((other) => other !== app));
    input.current?.focus();
  };
  return (
    <Labelled
      id={id}
      class="app-chips"
      label="Apps that may use it"
      hint="Each gets a bundle of its own and can be cut off by itself. Letters, digits and . _ : -"
      error={error}
    >
      {apps.length > 0 && (
        <ul aria-label="Apps">
          {apps.map((app) => (
            <li key={app}>
              <span>{app}</span>
              <button type="button" aria-label={`Remove ${app}`} onClick={() => remove(app)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="app-chips-new">
        <input
          id={id}
          ref={input}
          value={text}
          placeholder="another-app"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={error !== undefined}
          aria-describedby={describers(id)}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" && event.key !== ",") return;
            if (text.trim() === "") return;
            event.preventDefault();
            add(text);
          }}
          onBlur={() => add(text)}
        />
        <Button onPress={() => add(text)}>Add app</Button>
      </div>
    </Labelled>
  );
}
