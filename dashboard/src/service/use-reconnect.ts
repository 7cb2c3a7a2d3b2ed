import { useEffect, useRef } from "preact/hooks";
import { useService } from "./use-service.js";

/** Calls `again` when the service can be reached once more and something that failed meanwhile is still `wanted`. */
export function useReconnect(wanted: boolean, again: () => void): void {
  const { state } = useService();
  const isAway = state !== "connected";
  const wasAway = useRef(isAway);
  const latest = useRef({ wanted, again });
  latest.current = { wanted, again };
  useEffect(() => {
    const isBack = wasAway.current && !isAway;
    wasAway.current = isAway;
    if (isBack && latest.current.wanted) latest.current.again();
  }, [isAway]);
}
