import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useReconnect } from "./use-reconnect.js";

/** What is on its way, there, or could not be had. While it is asked for again, what was there stays. */
export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly error: unknown };

/** Loads something when a screen appears, when asked, and once the service is back that it failed without. `load` must be stable. */
export function useLoaded<T>(load: () => Promise<T>): {
  readonly loaded: Loaded<T>;
  readonly reload: () => void;
} {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const latest = useRef(0);
  const reload = useCallback(() => {
    const turn = ++latest.current;
    // An answer that comes after a later question, or after the screen has gone, is nobody's.
    const tell = (next: Loaded<T>): void => {
      if (turn === latest.current) setLoaded(next);
    };
    load().then(
      (value) => tell({ state: "ready", value }),
      (error: unknown) => tell({ state: "failed", error }),
    );
  }, [load]);
  useEffect(() => {
    setLoaded({ state: "loading" });
    reload();
    return () => {
      latest.current++;
    };
  }, [reload]);
  useReconnect(loaded.state === "failed", reload);
  return { loaded, reload };
}
