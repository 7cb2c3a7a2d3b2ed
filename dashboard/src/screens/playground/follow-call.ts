import { readTimings } from "@vaultproof/protocol/server-timing";
import { CALL_PATH } from "../../call/answer.js";
import { callInit, type CallRequest } from "../../call/caught-call.js";
import type { Session, SessionEvent } from "../../session/session.js";
import {
  answeredSteps,
  refusedSteps,
  stopSteps,
  waitingSteps,
  withSteps,
  type CallStep,
} from "./call-steps.js";
import { readAnswerText, type AnswerText } from "./read-answer.js";

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Whose answer it is: `upstream`, the provider's, or `vaultproof`. */
  readonly source: string;
  readonly contentType: string;
}

/** A call as it is followed, from the press of the button to the last byte. */
export interface FollowedCall {
  /** As which app. */
  readonly as: { readonly keySlotId: string; readonly appId: string };
  readonly request: CallRequest;
  readonly state: "under way" | "answered" | "stopped" | "failed";
  readonly steps: readonly CallStep[];
  /** What the prover is being readied with, on the first call of a page. */
  readonly readying?: { readonly loaded: number; readonly total: number | undefined } | undefined;
  /** Exactly the body that was sent last. */
  readonly sent?: string | undefined;
  readonly head?: AnswerHead | undefined;
  readonly text?: AnswerText | undefined;
  /** Milliseconds from the sending until the answer's head, by this page's clock. */
  readonly waited?: number | undefined;
  /** Milliseconds from the press of the button; of what is over. */
  readonly took?: number | undefined;
  readonly error?: unknown;
}

/** Which call. */
export interface CallToFollow {
  readonly session: Session;
  readonly keySlotId: string;
  readonly appId: string;
  readonly request: CallRequest;
  readonly signal: AbortSignal;
}

/** Makes a call and tells of each change. Never throws: what went wrong is in the state. */
export async function followCall(
  call: CallToFollow,
  onChange: (state: FollowedCall) => void,
): Promise<FollowedCall> {
  const began = performance.now();
  const { keySlotId, appId, request } = call;
  let state: FollowedCall = { as: { keySlotId, appId }, request, state: "under way", steps: waitingSteps() };
  const change = (changes: Partial<FollowedCall>): void => {
    state = { ...state, ...changes };
    onChange(state);
  };
  change({});
  const watch = watchSteps(() => state, change);
  const end = call.session.observe((event) => watch.see(event));
  try {
    await answer(call, { change, watch, steps: () => state.steps });
    change({ state: "answered" });
  } catch (error) {
    const isStopped = call.signal.aborted;
    const steps = stopSteps(state.steps, isStopped ? "stopped" : "refused");
    change({
      steps,
      readying: undefined,
      ...(isStopped ? { state: "stopped" } : { state: "failed", error }),
    });
  } finally {
    end();
    change({ took: performance.now() - began });
  }
  return state;
}

async function answer(
  { session, keySlotId, appId, request, signal }: CallToFollow,
  to: {
    readonly change: (changes: Partial<FollowedCall>) => void;
    readonly watch: StepWatch;
    readonly steps: () => readonly CallStep[];
  },
): Promise<void> {
  to.change({ readying: { loaded: 0, total: undefined } });
  const app = await orAborted(session.app(keySlotId, appId), signal);
  to.change({ readying: undefined });
  const response = await app.fetch(request.path, { ...callInit(request), signal });
  const { status, headers } = response;
  const source = headers.get("vp-source") ?? "";
  const head = { status, source, contentType: headers.get("content-type") ?? "" };
  const waited = to.watch.sentSince();
  const isProviders = source === "upstream";
  if (isProviders) {
    to.change({ head, waited, steps: answeredSteps(to.steps(), readTimings(headers.get("server-timing"))) });
  } else to.change({ head, waited });
  const text = await readAnswerText(response, (read) => to.change({ text: read }));
  if (!isProviders) to.change({ steps: refusedSteps(to.steps(), text.raw) });
}

/** The prover's download goes on for the next call; whoever cancels does not wait for it. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Turns what the session tells into steps. */
interface StepWatch {
  see(event: SessionEvent): void;
  /** Milliseconds since the call left; undefined where it did not. */
  sentSince(): number | undefined;
}

function watchSteps(state: () => FollowedCall, change: (changes: Partial<FollowedCall>) => void): StepWatch {
  let witnessed = performance.now();
  let proving = witnessed;
  let sent: number | undefined;
  const set = (changes: Parameters<typeof withSteps>[1]): void =>
    change({ steps: withSteps(state().steps, changes) });
  const progress = (event: SessionEvent & { type: "progress" }): void => {
    if (event.step === "download" || event.step === "initialise") {
      const { loaded = 0, total } = event;
      if (state().steps[0]?.state === "waiting") change({ readying: { loaded, total } });
    } else if (event.step === "witness") {
      witnessed = performance.now();
      change({ readying: undefined });
      set({ witness: { state: "running" } });
    } else {
      proving = performance.now();
      set({ witness: { state: "done", milliseconds: proving - witnessed }, proof: { state: "running" } });
    }
  };
  return {
    see(event) {
      if (event.type === "progress") progress(event);
      else if (event.type === "proof") {
        const milliseconds = performance.now() - proving;
        set({ proof: { state: "done", milliseconds } });
      } else if (new URL(event.url).pathname === CALL_PATH) {
        sent = performance.now();
        const running = { state: "running" } as const;
        change({ sent: event.body });
        set({ edge: running, verify: running, burn: running, upstream: running });
      }
    },
    sentSince: () => (sent === undefined ? undefined : performance.now() - sent),
  };
}
