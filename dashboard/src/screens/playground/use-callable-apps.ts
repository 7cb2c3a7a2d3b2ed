import { useCallback, useEffect, useState } from "preact/hooks";
import { listCallableApps, type CallableApps } from "../../call/callable-apps.js";
import { useReconnect } from "../../service/use-reconnect.js";
import { useSession } from "../../session/use-session.js";

/** What there is to call with: being looked up, there, or not to be had. */
export type CallableState =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly found: CallableApps }
  | { readonly state: "failed"; readonly error: unknown };

/** Looks up the apps that this browser can call as, again once the service is back that it failed without; `reload` does so again. */
export function useCallableApps(): { readonly callable: CallableState; readonly reload: () => void } {
  const session = useSession();
  const [callable, setCallable] = useState<CallableState>({ state: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    listCallableApps(session).then(
      (found) => isWanted && setCallable({ state: "ready", found }),
      (error: unknown) => isWanted && setCallable({ state: "failed", error }),
    );
    return () => {
      isWanted = false;
    };
  }, [session, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useReconnect(callable.state === "failed", reload);
  return { callable, reload };
}
