import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { useAct } from "../../ui/use-act.js";
import { renewKeptBundles } from "./kept-bundles.js";
import { endOfBundles, type Renewed } from "./renewed.js";

/** Changes both shares; the provider's key stays. */
export function RefreshShares(props: {
  readonly slot: KeySlot;
  readonly onDone: (renewed: Renewed) => void;
}) {
  const session = useSession();
  const { slot, onDone } = props;
  const [asking, setAsking] = useState(false);
  const { busy, error, act } = useAct();
  const refresh = () =>
    act(async () => {
      setAsking(false);
      const { bundles } = await (await session.vault()).keys.refresh(slot.id);
      const kept = await renewKeptBundles(session.keystore, slot.id, bundles);
      onDone({ title: "Both shares are new", bundles, kept });
    });
  return (
    <div class="form">
      <h3>Refresh: other shares of the same key</h3>
      <p class="soft small">
        For when a bundle or a share may have been stolen: what was stolen is dead, the key stays.
      </p>
      {error !== undefined && <ErrorNotice error={error} />}
      <div>
        <Button busy={busy} onPress={() => setAsking(true)}>
          Refresh
        </Button>
      </div>
      {asking && (
        <Confirm
          title="Change both shares?"
          confirm="Refresh"
          onConfirm={refresh}
          onCancel={() => setAsking(false)}
        >
          <p>{endOfBundles(slot)}</p>
        </Confirm>
      )}
    </div>
  );
}
