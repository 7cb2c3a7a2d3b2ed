import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { PROVIDER_SLUGS } from "@vaultproof/protocol/providers";
import { useRef, useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { Form } from "../../ui/form.js";
import { useAct } from "../../ui/use-act.js";
import { counted } from "./format.js";
import { renewKeptBundles } from "./kept-bundles.js";
import { KeyField } from "./key-field.js";
import { watchLeaving } from "./leaving.js";
import { endOfBundles, type Renewed } from "./renewed.js";
import { keyProblem, peekKey, takeKey } from "./typed-key.js";

/** Puts another provider key in the place of the stored one. */
export function RotateKey(props: { readonly slot: KeySlot; readonly onDone: (renewed: Renewed) => void }) {
  const session = useSession();
  const { slot, onDone } = props;
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string>();
  const [asking, setAsking] = useState(false);
  const { busy, error, act } = useAct();
  const provider = PROVIDER_SLUGS.find((slug) => slug === slot.provider) ?? "custom";
  const ask = () => {
    if (input.current === null) return;
    const key = peekKey(input.current);
    const unfit = keyProblem(key);
    key.fill(0);
    setProblem(unfit);
    setAsking(unfit === undefined);
  };
  const rotate = () =>
    act(async () => {
      setAsking(false);
      if (input.current === null) return;
      const key = takeKey(input.current);
      const { outcome, leaving } = await watchLeaving(session, key, async () => {
        const vault = await session.vault();
        return vault.keys.rotate(slot.id, { apiKey: key });
      });
      if (outcome.status === "rejected") throw outcome.reason;
      const { bundles } = outcome.value;
      const kept = await renewKeptBundles(session.keystore, slot.id, bundles);
      const searched = leaving.searched
        ? ` The new key was searched for in ${counted(leaving.requests.length, "request")} and not found.`
        : "";
      onDone({ title: `The key is replaced.${searched}`, bundles, kept });
    });
  return (
    <Form noValidate onSubmit={ask}>
      <h3>Rotate: another key of the provider</h3>
      <p class="soft small">
        Make a new key at the provider, paste it here, then delete the old one there. Apps and restrictions
        stay; every app needs its new bundle.
      </p>
      <KeyField inputRef={input} label="New key" provider={provider} error={problem} disabled={busy} />
      {error !== undefined && (
        <>
          <ErrorNotice error={error} />
          <p class="soft small">The new key is no longer in this page. Paste it again to try once more.</p>
        </>
      )}
      <div>
        <Button type="submit" busy={busy && !asking}>
          Rotate
        </Button>
      </div>
      {asking && (
        <Confirm
          title="Replace the key?"
          confirm="Replace the key"
          onConfirm={rotate}
          onCancel={() => setAsking(false)}
        >
          <p>{endOfBundles(slot)}</p>
        </Confirm>
      )}
    </Form>
  );
}
