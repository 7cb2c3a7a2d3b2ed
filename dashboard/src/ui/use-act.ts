import { useState } from "preact/hooks";

/** Something a person started: whether it is under way, and what went wrong the last time. */
export interface Act {
  readonly busy: boolean;
  /** Undefined where nothing went wrong. */
  readonly error: unknown;
  /** Does it; what it throws is kept for the screen. */
  readonly act: (work: () => Promise<void>) => void;
}

/** One thing at a time that may go wrong. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = (work: () => Promise<void>): void => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((thrown: unknown) => setError(thrown))
      .finally(() => setBusy(false));
  };
  return { busy, error, act };
}
