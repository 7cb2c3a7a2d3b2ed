import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Card } from "../../ui/card.js";
import { Select } from "../../ui/select.js";
import { useAct } from "../../ui/use-act.js";

const CHOICES = [
  { value: "1", name: "1 minute" },
  { value: "5", name: "5 minutes" },
  { value: "15", name: "15 minutes" },
  { value: "60", name: "1 hour" },
  { value: "0", name: "Never" },
];

/** After how long without use the keystore locks itself. */
export function AutoLockCard() {
  const { keystore } = useSession();
  const [minutes, setMinutes] = useState(String(keystore.autoLockMinutes));
  const { error, act } = useAct();
  const choose = (next: string) =>
    act(async () => {
      await keystore.setAutoLockMinutes(Number(next));
      setMinutes(next);
      announce("Changed in every tab");
    });
  const listed = CHOICES.some(({ value }) => value === minutes);
  return (
    <Card title="Lock by itself">
      <Select
        label="After this long without use"
        value={minutes}
        options={listed ? CHOICES : [{ value: minutes, name: `${minutes} minutes` }, ...CHOICES]}
        onChange={choose}
        hint="Locking wipes what was decrypted, in every tab."
      />
      {error !== undefined && <ErrorNotice error={error} />}
    </Card>
  );
}
