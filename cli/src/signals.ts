/** The signals by which a person or an orchestrator asks a process to stop. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * One Ctrl-C under npm arrives twice: from the terminal, which signals the whole process group, and from npm, which
 * passes it on. Milliseconds in which both are taken for one.
 */
const SAME_REQUEST_MS = 500;

/** A wait for the first signal to stop. */
export interface StopRequest {
  /** Resolves with the first signal. */
  readonly received: Promise<StopSignal>;
  /** Gives the signals back to Node. */
  release(): void;
}

/**
 * Takes over SIGINT and SIGTERM. The first resolves `received`; a later one, while the process is stopping, ends it
 * at once with exit code 1.
 */
export function listenForStop(): StopRequest {
  let resolveReceived: (signal: StopSignal) => void = () => undefined;
  const received = new Promise<StopSignal>((resolve) => {
    resolveReceived = resolve;
  });
  let firstAt: number | undefined;
  const onSignal = (signal: StopSignal) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      resolveReceived(signal);
    } else if (performance.now() - firstAt > SAME_REQUEST_MS) {
      process.exit(1);
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return {
    received,
    release() {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    },
  };
}
