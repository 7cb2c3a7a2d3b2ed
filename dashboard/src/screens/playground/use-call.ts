import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { CallableApp } from "../../call/callable-apps.js";
import type { CallRequest } from "../../call/caught-call.js";
import { useSession } from "../../session/use-session.js";
import { followCall, type FollowedCall } from "./follow-call.js";

/** A call that a screen follows. */
export interface CallInView {
  /** Undefined before the first. */
  readonly call: FollowedCall | undefined;
  /** When the last one ended, by `performance.now()`. */
  readonly endedAt: number | undefined;
  readonly send: (app: CallableApp, request: CallRequest) => void;
  readonly cancel: () => void;
}

/** Makes calls one at a time and follows them; leaving the screen cancels the one under way. */
export function useCall(): CallInView {
  const session = useSession();
  const [call, setCall] = useState<FollowedCall>();
  const [endedAt, setEndedAt] = useState<number>();
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const send = useCallback(
    ({ kept }: CallableApp, request: CallRequest) => {
      abort.current?.abort();
      const mine = new AbortController();
      abort.current = mine;
      const isShown = (): boolean => abort.current === mine;
      const { keySlotId, appId } = kept;
      followCall({ session, keySlotId, appId, request, signal: mine.signal }, (state) => {
        if (isShown()) setCall(state);
      })
        .then(() => setEndedAt(performance.now()))
        // followCall tells everything in its state.
        .catch(() => undefined);
    },
    [session],
  );
  const cancel = useCallback(() => abort.current?.abort(), []);
  return { call, endedAt, send, cancel };
}
