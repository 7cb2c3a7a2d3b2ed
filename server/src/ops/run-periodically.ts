/** Work that is done again and again until stopped. */
export interface PeriodicWork {
  /** Resolves once a run that had begun has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `work` every `intervalMs`, one run at a time: a slow run delays the next instead of meeting it.
 *
 * @param options.onError told of a run that failed; the next one comes all the same.
 */
export function runPeriodically({
  work,
  intervalMs,
  onError,
}: {
  readonly work: () => Promise<void>;
  readonly intervalMs: number;
  readonly onError: (error: unknown) => void;
}): PeriodicWork {
  let running = Promise.resolve();
  let stopped = false;
  let timer: NodeJS.Timeout;
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = work()
        .catch(onError)
        .then(() => {
          if (!stopped) schedule();
        });
    }, intervalMs);
    timer.unref();
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
