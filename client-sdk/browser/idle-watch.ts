/** Measures how long nobody was there. */
export interface IdleWatch {
  /** Begins to count, from now. */
  start(): void;
  stop(): void;
  /** Counts as use, unless the time has run out already. What is heard from elsewhere is not told on. */
  touch(where: "here" | "elsewhere"): void;
  /** Whether the time has run out; if so, it was told. */
  check(): boolean;
  /** Stops listening. */
  close(): void;
}

interface Moment {
  readonly date: number;
  readonly running: number;
}

/** Browsers slow timers down in tabs that nobody sees, and a sleeping computer runs none: the clock decides, not the timer. */
const LOOK_EVERY_MS = 5_000;
/** How often a person who is there is worth a message. */
const TELL_EVERY_MS = 2_000;
const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/**
 * @param options.minutes 0 for never; asked each time, for it may change.
 * @param options.onIdle the time has run out; called once for each start.
 * @param options.onActive somebody is there, told now and then.
 */
export function createIdleWatch(options: {
  readonly minutes: () => number;
  readonly onIdle: () => void;
  readonly onActive: () => void;
}): IdleWatch {
  const limit = (): number => options.minutes() * 60_000;
  let last: Moment | undefined;
  let told = -Infinity;
  let timer: ReturnType<typeof setInterval> | undefined;

  /** By either clock: one may be set back, the other may stand still while the computer sleeps. */
  const elapsed = (since: Moment): number =>
    Math.max(Date.now() - since.date, performance.now() - since.running);
  const stop = (): void => {
    clearInterval(timer);
    last = undefined;
  };
  const check = (): boolean => {
    if (last === undefined || limit() === 0 || elapsed(last) < limit()) return false;
    stop();
    options.onIdle();
    return true;
  };
  const now = (): Moment => ({ date: Date.now(), running: performance.now() });
  const touch: IdleWatch["touch"] = (where) => {
    // What comes after the time ran out, a hand on the mouse of a computer that slept, does not make it come back.
    if (last === undefined || check()) return;
    last = now();
    if (where === "elsewhere" || last.running - told < TELL_EVERY_MS) return;
    told = last.running;
    options.onActive();
  };
  const onInput = (): void => touch("here");
  const onSeen = (): void => void check();
  const page = typeof document === "undefined" ? undefined : document;
  for (const input of INPUTS) page?.addEventListener(input, onInput, { capture: true, passive: true });
  page?.addEventListener("visibilitychange", onSeen);
  globalThis.addEventListener("pageshow", onSeen);
  return {
    start() {
      stop();
      last = now();
      timer = setInterval(check, LOOK_EVERY_MS);
    },
    stop,
    touch,
    check,
    close() {
      stop();
      for (const input of INPUTS) page?.removeEventListener(input, onInput, { capture: true });
      page?.removeEventListener("visibilitychange", onSeen);
      globalThis.removeEventListener("pageshow", onSeen);
    },
  };
}
