import { useState } from "preact/hooks";
import { grantThisPage, type KeySlot } from "../../call/callable-apps.js";
import { explainError, type Explanation } from "../../session/explain-error.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { Select } from "../../ui/select.js";

/** Stands where there are keys, but none that this browser may call with. */
export function GrantThisPage({
  slots,
  onGranted,
}: {
  readonly slots: readonly KeySlot[];
  readonly onGranted: () => void;
}) {
  const session = useSession();
  const [slotId, setSlotId] = useState(slots[0]?.id ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Explanation>();
  const grant = async (): Promise<void> => {
    const slot = slots.find(({ id }) => id === slotId);
    if (slot === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await grantThisPage(session, slot);
      onGranted();
    } catch (error) {
      setProblem(explainError(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Let this page make calls">
      <p class="soft">
        This browser keeps no bundle of any of your apps. Grant it an app of its own, <code>playground</code>:
        you can revoke it under Keys at any time, and your other apps go on as before.
      </p>
      <Select
        label="Key"
        value={slotId}
        onChange={setSlotId}
        options={slots.map(({ id, label, provider }) => ({ value: id, name: `${label} (${provider})` }))}
      />
      {problem !== undefined && (
        <Notice kind="bad" title={problem.title}>
          {problem.advice}
        </Notice>
      )}
      <div>
        <Button kind="primary" busy={busy} onPress={() => void grant()}>
          Grant this page
        </Button>
      </div>
    </Card>
  );
}
