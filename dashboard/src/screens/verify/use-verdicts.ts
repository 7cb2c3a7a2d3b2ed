import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../../session/use-session.js";
import { CLAIMS, type Claim } from "./claims.js";
import type { Finding, Verdict } from "./evidence.js";
import { judgeClaim } from "./judge-claim.js";

/** Where a claim stands. */
export type ClaimState = Verdict | { readonly state: "checking"; readonly findings: readonly Finding[] };

/** The claims' states by id, and how to check them: one after the other, never two at once. */
export function useVerdicts(): {
  readonly states: Readonly<Record<string, ClaimState>>;
  readonly isBusy: boolean;
  readonly check: (claims: readonly Claim[]) => void;
} {
  const session = useSession();
  const [states, setStates] = useState<Readonly<Record<string, ClaimState>>>({});
  const [isBusy, setBusy] = useState(false);
  const isThere = useRef(true);
  useEffect(() => {
    isThere.current = true;
    return () => {
      isThere.current = false;
    };
  }, []);
  const checkAll = useCallback(
    async (claims: readonly Claim[]): Promise<void> => {
      setBusy(true);
      setStates((before) => without(before, claims));
      for (const { id, check } of claims) {
        if (!isThere.current) return;
        const set = (state: ClaimState): void => setStates((before) => ({ ...before, [id]: state }));
        set({ state: "checking", findings: [] });
        set(await judgeClaim(session, check, (findings) => set({ state: "checking", findings })));
      }
      setBusy(false);
    },
    [session],
  );
  const check = useCallback((claims: readonly Claim[]) => void checkAll(claims), [checkAll]);
  return { states, isBusy, check };
}

function without(
  states: Readonly<Record<string, ClaimState>>,
  claims: readonly Claim[],
): Readonly<Record<string, ClaimState>> {
  const gone = new Set(claims.map(({ id }) => id));
  return Object.fromEntries(Object.entries(states).filter(([id]) => !gone.has(id)));
}

/** How many of the claims hold, and how many do not. */
export function countVerdicts(states: Readonly<Record<string, ClaimState>>): {
  readonly holds: number;
  readonly fails: number;
  readonly unchecked: number;
  readonly isComplete: boolean;
} {
  const count = (state: ClaimState["state"]): number =>
    CLAIMS.filter(({ id }) => states[id]?.state === state).length;
  const [holds, fails, unchecked] = [count("holds"), count("fails"), count("unchecked")];
  return { holds, fails, unchecked, isComplete: holds + fails + unchecked === CLAIMS.length };
}
