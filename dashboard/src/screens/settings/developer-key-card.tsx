import { useEffect, useState } from "preact/hooks";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { Form } from "../../ui/form.js";
import { Notice } from "../../ui/notice.js";
import { useCurrentLock } from "./use-current-lock.js";

const SHOWN_FOR_MS = 60_000;

/** Shows the developer key for a minute, once whoever asks has shown again that the keystore is theirs. */
export function DeveloperKeyCard() {
  const { keystore } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [developerKey, setDeveloperKey] = useState<string>();
  const current = useCurrentLock(busy);
  const hide = () => setDeveloperKey(undefined);
  useEffect(() => {
    if (developerKey === undefined) return;
    const timer = setTimeout(hide, SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [developerKey]);
  const reveal = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await keystore.unlock(current.take());
      setDeveloperKey(await keystore.revealDeveloperKey());
    } catch (error) {
      setProblem(current.refuse(error));
    } finally {
      setBusy(false);
    }
  };
  if (developerKey !== undefined) {
    return (
      <Card title="Developer key" actions={<Button onPress={hide}>Hide</Button>}>
        <CopyText label="Developer key" text={developerKey} />
        <p class="soft small">Whoever has it is you. It is hidden again after a minute.</p>
      </Card>
    );
  }
  return (
    <Card title="Developer key">
      <p class="soft">For the SDK or the command on another machine. A recovery kit brings the halves too.</p>
      <Form onSubmit={() => void reveal()}>
        {current.field}
        {problem !== undefined && <Notice kind="bad">{problem}</Notice>}
        <div class="form-actions">
          <Button type="submit" busy={busy}>
            Show the developer key
          </Button>
        </div>
      </Form>
    </Card>
  );
}
