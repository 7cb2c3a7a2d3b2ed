import { useEffect, useRef } from "preact/hooks";

const EVERY_MS = 5_000;

/** Calls `refresh` every five seconds while it is wanted and somebody can see the page, and at once when it is seen again. */
export function useAutoRefresh(isOn: boolean, refresh: () => void): void {
  const latest = useRef(refresh);
  latest.current = refresh;
  useEffect(() => {
    if (!isOn) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    const follow = () => {
      clearInterval(timer);
      timer = undefined;
      if (document.visibilityState === "hidden") return;
      latest.current();
      timer = setInterval(() => latest.current(), EVERY_MS);
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }, [isOn]);
}
