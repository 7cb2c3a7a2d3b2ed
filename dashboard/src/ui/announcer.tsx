import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.js";
import "./announcer.css";

const SHOWN_FOR_MS = 5000;
const listeners = new Set<(text: string) => void>();

/** Says in one line that something is done, to be read and heard; errors belong into a Notice, where they stay. "" takes it back. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text);
}

/** Where announcements appear; the shell has one. */
export function Announcer() {
  const [said, setSaid] = useState<{ readonly text: string }>();
  useEffect(() => {
    const listener = (text: string) => setSaid(text === "" ? undefined : { text });
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div class="announcer" role="status" aria-live="polite">
      {said !== undefined && (
        <p class="announcer-said">
          <Icon name="check" />
          {said.text}
        </p>
      )}
    </div>
  );
}
