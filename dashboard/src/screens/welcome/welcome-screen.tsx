import { useState } from "preact/hooks";
import { Button } from "../../ui/button.js";
import { BareCard, Card } from "../../ui/card.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { ConnectForm } from "./connect-form.js";
import { CreateForm } from "./create-form.js";
import { FinishForm } from "./finish-form.js";
import { RestoreForm } from "./restore-form.js";
import "./welcome.css";

type Step =
  | { readonly at: "choose" | "create" | "restore" | "finish" }
  | { readonly at: "connect"; readonly refusal: unknown };

/** What stands before an empty keystore: create a developer key, or bring one here. */
export function WelcomeScreen(props: { readonly onBegin: () => void; readonly onDone: () => void }) {
  const { onBegin, onDone } = props;
  const [step, setStep] = useState<Step>({ at: "choose" });
  const back = () => setStep({ at: "choose" });
  if (step.at === "create") {
    return (
      <Step title="Create a developer key" lead="It is made in this browser and never leaves it.">
        <CreateForm
          onBegin={onBegin}
          onBack={back}
          onConnected={() => setStep({ at: "finish" })}
          onRefused={(refusal) => setStep({ at: "connect", refusal })}
        />
      </Step>
    );
  }
  if (step.at === "restore") {
    return (
      <Step
        title="Restore from a recovery kit"
        lead="The kit brings your developer key and every share of it here."
      >
        <RestoreForm onBegin={onBegin} onBack={back} onDone={onDone} />
      </Step>
    );
  }
  if (step.at === "connect") {
    return (
      <Step title="Connect to the server" lead="Your developer key is made. The server does not know it yet.">
        <ConnectForm refusal={step.refusal} onConnected={() => setStep({ at: "finish" })} />
      </Step>
    );
  }
  if (step.at === "finish") return <FinishForm onDone={onDone} />;
  return <Choice onCreate={() => setStep({ at: "create" })} onRestore={() => setStep({ at: "restore" })} />;
}

function Choice({ onCreate, onRestore }: { readonly onCreate: () => void; readonly onRestore: () => void }) {
  return (
    <>
      <ScreenHead title="Use provider keys that nobody holds">
        VaultProof splits an API key in this browser: one half is sealed to the server, the other stays with
        you. Each call proves that you may make it, and the key is whole only for as long as that call takes.
      </ScreenHead>
      <div class="choices">
        <Card title="New here">
          <p>A developer key is your account. No name, no email address, nobody to ask.</p>
          <Button kind="primary" onPress={onCreate}>
            Create a developer key
          </Button>
        </Card>
        <Card title="From another device">
          <p>A recovery kit holds your developer key and your halves, under a passphrase.</p>
          <Button onPress={onRestore}>Restore from a recovery kit</Button>
        </Card>
      </div>
    </>
  );
}

function Step(props: {
  readonly title: string;
  readonly lead: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <>
      <ScreenHead title={props.title}>{props.lead}</ScreenHead>
      <BareCard>{props.children}</BareCard>
    </>
  );
}
