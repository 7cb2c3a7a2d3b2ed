import type { KeptBundle } from "@vaultproof/sdk/browser";
import { useState } from "preact/hooks";
import { grantThisPage, keepBundle, type KeySlot } from "../../call/callable-apps.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Select } from "../../ui/select.js";
import { useAct } from "../../ui/use-act.js";

/** Stands for an app of the page's own; no app id is empty. */
const OWN_APP = "";

/** Gives this browser a bundle to call with: of an app of its own, or of one that is granted already. */
export function GrantThisPage({
  slots,
  onGranted,
}: {
  readonly slots: readonly KeySlot[];
  readonly onGranted: (kept: KeptBundle) => void;
}) {
  const session = useSession();
  const [slotId, setSlotId] = useState(slots[0]?.id ?? "");
  const [appId, setAppId] = useState(OWN_APP);
  const { busy, error, act } = useAct();
  const slot = slots.find(({ id }) => id === slotId);
  if (slot === undefined) return null;
  const give = () =>
    act(async () => {
      onGranted(await (appId === OWN_APP ? grantThisPage(session, slot) : keepBundle(session, slot, appId)));
    });
  const granted = slot.appGrants.map((grant) => ({ value: grant.appId, name: grant.appId }));
  return (
    <Card title="Let this page make calls">
      <p class="soft">
        A call needs an app&apos;s bundle in this browser. An app of the page&apos;s own can be revoked under
        Keys at any time, and your other apps go on as before.
      </p>
      <Select
        label="Key"
        value={slotId}
        onChange={(chosen) => {
          setSlotId(chosen);
          setAppId(OWN_APP);
        }}
        options={slots.map(({ id, label, provider }) => ({ value: id, name: `${label} (${provider})` }))}
      />
      <Select
        label="App"
        value={appId}
        onChange={setAppId}
        options={[{ value: OWN_APP, name: "one of this page's own" }, ...granted]}
      />
      {error !== undefined && <ErrorNotice error={error} />}
      <div>
        <Button kind="primary" busy={busy} onPress={give}>
          {appId === OWN_APP ? "Grant this page" : `Call as ${appId}`}
        </Button>
      </div>
    </Card>
  );
}
