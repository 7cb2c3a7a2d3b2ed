import { useEffect, useRef } from "preact/hooks";

/**
 * Names the document after the screen and, when the screen has changed, moves the focus to its heading. Within a screen, when
 * `place` changes, it does so only where the focus went away with what had it: a select that leads elsewhere keeps it.
 */
export function useScreenChange(name: string, place?: string): void {
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    document.title = `${name} · VaultProof`;
    const isFirst = before.current === undefined;
    const isSameScreen = before.current === name;
    before.current = name;
    if (isFirst || (isSameScreen && document.activeElement !== document.body)) return;
    scrollTo(0, 0);
    return whenHeading((heading) => {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    });
  }, [name, place]);
}

/** Waits for the heading of a screen whose code is on its way. Returns what gives up. */
function whenHeading(found: (heading: HTMLElement) => void): () => void {
  const main = document.getElementById("main");
  const look = (): boolean => {
    const heading = main?.querySelector("h1") ?? null;
    if (heading !== null) found(heading);
    return heading !== null;
  };
  if (main === null || look()) return () => undefined;
  const observer = new MutationObserver(() => {
    if (look()) observer.disconnect();
  });
  observer.observe(main, { childList: true, subtree: true });
  return () => observer.disconnect();
}
