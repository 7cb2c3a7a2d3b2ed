import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { useState } from "preact/hooks";
import { Card } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { AppBundles } from "./app-bundles.js";
import { RefreshShares } from "./refresh-shares.js";
import { RevokeKey } from "./revoke-key.js";
import type { Renewed } from "./renewed.js";
import { RotateKey } from "./rotate-key.js";

/** What changes a key for all its apps: another key, other shares, its end. */
export function KeyChanges({ slot, reload }: { readonly slot: KeySlot; readonly reload: () => void }) {
  const [renewed, setRenewed] = useState<Renewed>();
  const done = (next: Renewed) => {
    setRenewed(next);
    reload();
  };
  return (
    <>
      <Card title="Change the key">
        <RotateKey slot={slot} onDone={done} />
        <RefreshShares slot={slot} onDone={done} />
        {renewed !== undefined && (
          <div class="stack" key={JSON.stringify(renewed.bundles)}>
            <Notice kind="good" title={renewed.title}>
              The old bundles are dead. Each app needs its new one
              {renewed.kept.length === 0 ? "" : `; this browser has the one of ${renewed.kept.join(", ")}`}.
            </Notice>
            <AppBundles keySlotId={slot.id} bundles={renewed.bundles} kept={renewed.kept} />
          </div>
        )}
      </Card>
      <RevokeKey slot={slot} reload={reload} />
    </>
  );
}
