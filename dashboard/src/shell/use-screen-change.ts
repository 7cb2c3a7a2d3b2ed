import { useEffect, useRef } from "preact/hooks";

/** Names the document after the screen and, when the screen has changed, moves the focus to its heading. */
export function useScreenChange(name: string): void {
  const first = useRef(true);
  useEffect(() => {
    document.title = `${name} · VaultProof`;
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    return whenHeading((heading) => {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    });
  }, [name]);
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
