import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import type { KeptBundle } from "@vaultproof/sdk/browser";
import { useEffect, useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import type { SessionEvent } from "../../session/session.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Notice } from "../../ui/notice.js";
import { Select } from "../../ui/select.js";
import { testCallOf } from "./provider-calls.js";
import { judgeAnswer, makeTestCall, type TestAnswer } from "./test-call.js";

type Outcome = { readonly answer: TestAnswer } | { readonly error: unknown };

const STEPS: Readonly<Record<string, string>> = {
  download: "Loading the prover",
  initialise: "Starting the prover",
  witness: "Proving",
  prove: "Proving",
};

/** The figures of a key are a second or two behind its calls. */
const FIGURES_AFTER_MS = 2500;

/** Calls the provider once, as an app whose bundle is kept here. */
export function TestCallCard(props: {
  readonly slot: KeySlot;
  readonly kept: readonly KeptBundle[];
  readonly reload: () => void;
}) {
  const session = useSession();
  const { slot, kept, reload } = props;
  const preset = testCallOf(slot.provider);
  const [chosen, setChosen] = useState("");
  const [path, setPath] = useState(preset.path);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const granted = kept.filter(({ appId }) => slot.appGrants.some((grant) => grant.appId === appId));
  const appId = granted.find((one) => one.appId === chosen)?.appId ?? granted[0]?.appId;
  const call = async (as: string): Promise<void> => {
    setBusy(true);
    setOutcome(undefined);
    try {
      const about = { keySlotId: slot.id, appId: as };
      setOutcome({ answer: await makeTestCall(session, about, { ...preset, path }) });
      setTimeout(reload, FIGURES_AFTER_MS);
    } catch (error) {
      setOutcome({ error });
    }
    setBusy(false);
  };
  if (appId === undefined) {
    return (
      <Card title="Test call">
        <p>This browser keeps no bundle of an app of this key. Keep one under “Apps” to call from here.</p>
      </Card>
    );
  }
  return (
    <Card title="Test call">
      <Form onSubmit={() => void call(appId)}>
        <div class="side-by-side">
          <Select
            label="As the app"
            value={appId}
            options={granted.map((one) => ({ value: one.appId, name: one.appId }))}
            disabled={busy}
            onChange={setChosen}
          />
          <Field label="GET" value={path} disabled={busy} onInput={setPath} />
        </div>
        <div>
          <Button kind="primary" type="submit" busy={busy}>
            {busy ? <Doing /> : "Call the provider"}
          </Button>
        </div>
      </Form>
      {outcome !== undefined &&
        ("error" in outcome ? <ErrorNotice {...outcome} /> : <Answer {...outcome.answer} />)}
    </Card>
  );
}

/** What is being done: the first call of a page loads the prover. */
function Doing() {
  const session = useSession();
  const [step, setStep] = useState<string>();
  useEffect(() => {
    const show = (event: SessionEvent): void => {
      if (event.type === "progress") setStep(STEPS[event.step]);
      if (event.type === "proof") setStep("Calling");
    };
    return session.observe(show);
  }, [session]);
  return <>{step ?? "Calling"}</>;
}

function Answer(answer: TestAnswer) {
  const { works, said } = judgeAnswer(answer);
  const from = answer.source === "upstream" ? "the provider" : "VaultProof";
  return (
    <>
      <Notice kind={works ? "good" : "bad"} title={said}>
        {answer.status} from {from} (vp-source: {answer.source}) in {answer.milliseconds.toLocaleString("en")}{" "}
        ms, the proof included.
      </Notice>
      <pre class="raw-text answer" tabIndex={0} aria-label="The answer's body">
        {answer.body}
      </pre>
    </>
  );
}
