import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import type { StatsOverview } from "@vaultproof/protocol/stats-routes";
import type { DeveloperVault } from "@vaultproof/sdk/browser";
import { useCallback, useEffect, useState } from "preact/hooks";
import { useReconnect } from "../../service/use-reconnect.js";

/** What stands above every log. */
export interface LogOverview {
  readonly slots: readonly KeySlot[];
  readonly figures: StatsOverview;
  /** The slot with the most calls of late, or any that is active. */
  readonly busiest: string | undefined;
}

/** Reads slots and figures; what was read stays while it is read anew. */
export function useLogOverview(openVault: () => Promise<DeveloperVault>): {
  readonly overview: LogOverview | undefined;
  readonly error: unknown;
  readonly reload: () => void;
} {
  const [overview, setOverview] = useState<LogOverview>();
  const [error, setError] = useState<unknown>();
  const load = useCallback(async (): Promise<void> => {
    try {
      const { keys, stats } = await openVault();
      const [slots, [most]] = await Promise.all([keys.list(), stats.byKey()]);
      const used = most !== undefined && most.calls + most.refused > 0 ? most.id : undefined;
      const busiest = used ?? slots.find(({ status }) => status === "active")?.id ?? slots[0]?.id;
      // Reading a log brings the figures up to date: what stands below is counted above.
      if (busiest !== undefined) await keys.logs(busiest, { limit: 1 });
      const figures = await stats.overview();
      setOverview({ slots, figures, busiest });
      setError(undefined);
    } catch (thrown) {
      setError(thrown);
    }
  }, [openVault]);
  useEffect(() => void load(), [load]);
  useReconnect(error !== undefined, () => void load());
  return { overview, error, reload: () => void load() };
}
