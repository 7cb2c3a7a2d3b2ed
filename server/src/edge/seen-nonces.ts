/** Remembers which nonces were used, for as long as a signature that carries them could still be accepted. */
export interface SeenNonces {
  /** True the first time a nonce is shown, false from then on. `now` in Unix seconds. */
  use(nonce: string, now: number): boolean;
}

/**
 * Nonces in two generations: each holds those of one period, and the older one is dropped whole when a new period
 * begins. So every nonce is remembered for at least one period and at most two, without a timer for each.
 *
 * @param options.seconds at least the longest time for which a signature is accepted.
 */
export function createSeenNonces({ seconds }: { readonly seconds: number }): SeenNonces {
  let current = new Set<string>();
  let previous = new Set<string>();
  let periodEnds = 0;
  return {
    use(nonce, now) {
      if (now >= periodEnds) {
        previous = now < periodEnds + seconds ? current : new Set();
        current = new Set();
        periodEnds = now + seconds;
      }
      if (current.has(nonce) || previous.has(nonce)) return false;
      current.add(nonce);
      return true;
    },
  };
}
