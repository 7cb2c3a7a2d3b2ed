import { abortable } from "../src/abortable.js";
import type { Prover } from "../src/prover.js";
import {
  createBrowserProver,
  type BrowserProver,
  type BrowserProverOptions,
  type ProvingProgress,
} from "./browser-prover.js";

/** What loading ahead takes; every member has a default. */
export interface WarmUpOptions extends Omit<BrowserProverOptions, "service"> {
  /** Origin of the service; this page's own unless told. */
  readonly service?: string | URL | undefined;
}

/** The prover that the clients of one service share in this page. */
interface SharedProver {
  readonly prover: Promise<BrowserProver>;
  readonly listeners: Set<(progress: ProvingProgress) => void>;
  /** Ends the loading when nobody waits for it any more. */
  readonly loading: AbortController;
  waiting: number;
}

const shared = new Map<string, SharedProver>();

/**
 * Loads what proofs need and starts the prover, so that the first call need not wait for it. Clients that are opened for
 * the same service from then on share this prover; `close` it to end its workers. Called again while there is one, it
 * resolves with that.
 *
 * @param options.signal stops waiting, and ends the loading if nobody else waits for it.
 * @throws VaultProofError as {@link createBrowserProver} does; the signal's reason.
 */
export async function warmUp(options: WarmUpOptions = {}): Promise<BrowserProver> {
  options.signal?.throwIfAborted();
  const service = new URL(options.service ?? location.href).origin;
  const one = shared.get(service) ?? startShared(service, options);
  return waitFor(service, one, options);
}

/**
 * The shared prover of a service as a client of its own uses it; undefined where nothing was loaded ahead.
 *
 * @returns closing it ends the listening and leaves the prover open.
 */
export async function joinWarmProver(
  service: string,
  options: Pick<WarmUpOptions, "onProgress" | "signal">,
): Promise<Prover | undefined> {
  const one = shared.get(service);
  if (one === undefined) return undefined;
  const prover = await waitFor(service, one, options);
  return {
    prove: prover.prove.bind(prover),
    close: () => {
      if (options.onProgress !== undefined) one.listeners.delete(options.onProgress);
      return Promise.resolve();
    },
  };
}

function startShared(service: string, options: WarmUpOptions): SharedProver {
  const listeners = new Set<(progress: ProvingProgress) => void>();
  const loading = new AbortController();
  const opened = createBrowserProver({
    ...options,
    service,
    signal: loading.signal,
    onProgress: (progress) => {
      for (const listener of listeners) listener(progress);
    },
  });
  const forget = (): void => {
    if (shared.get(service) === one) shared.delete(service);
  };
  const prover = opened.then((made) => ({
    ...made,
    close: () => {
      forget();
      return made.close();
    },
  }));
  const one: SharedProver = { prover, listeners, loading, waiting: 0 };
  shared.set(service, one);
  // What failed once, offline perhaps, is to be tried again.
  prover.catch(forget);
  return one;
}

async function waitFor(
  service: string,
  one: SharedProver,
  { onProgress, signal }: Pick<WarmUpOptions, "onProgress" | "signal">,
): Promise<BrowserProver> {
  if (onProgress !== undefined) one.listeners.add(onProgress);
  one.waiting++;
  try {
    return await abortable(one.prover, signal);
  } catch (error) {
    if (onProgress !== undefined) one.listeners.delete(onProgress);
    if (one.waiting === 1) {
      if (shared.get(service) === one) shared.delete(service);
      one.loading.abort(error);
    }
    throw error;
  } finally {
    one.waiting--;
  }
}
