import { VaultProofError } from "@vaultproof/sdk/browser";
import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { explainError } from "../../session/explain-error.js";
import { useSession } from "../../session/use-session.js";
import { isRegistrationRefused } from "../../shell/use-first-contact.js";
import { Button } from "../../ui/button.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Notice } from "../../ui/notice.js";
import { ServerCheck } from "./server-check.js";

/** Makes a developer known to the server: compares its identity, hands over an invite where one is needed. */
export function ConnectForm(props: { readonly refusal: unknown; readonly onConnected: () => void }) {
  const session = useSession();
  const [serverIdentity, setServerIdentity] = useState<string>();
  const [inviteToken, setInviteToken] = useState("");
  const [problem, setProblem] = useState<unknown>(props.refusal);
  const [busy, setBusy] = useState(false);
  const connect = async () => {
    if (serverIdentity === undefined) return;
    setBusy(true);
    try {
      await session.connect({ serverIdentity, inviteToken });
      props.onConnected();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form onSubmit={() => void connect()}>
      <ConnectProblem error={problem} />
      <ServerCheck onChange={setServerIdentity} disabled={busy} />
      <InviteField value={inviteToken} onInput={setInviteToken} disabled={busy} />
      <div class="form-actions">
        <Button type="submit" kind="primary" busy={busy} disabled={serverIdentity === undefined}>
          Connect
        </Button>
      </div>
    </Form>
  );
}

function ConnectProblem({ error }: { readonly error: unknown }) {
  // That nobody compared it yet is what the form is for.
  if (error instanceof VaultProofError && error.code === "identity-unpinned") return null;
  if (!isRegistrationRefused(error)) return <ErrorNotice error={error} />;
  const { title, advice } = explainError(error);
  return (
    <Notice kind="warn" title="The server did not register this developer">
      {title}. {advice}
    </Notice>
  );
}

/** For what an operator hands out where registration is by invite. */
export function InviteField(props: {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly disabled?: boolean;
}) {
  return (
    <Field
      label="Invite (only if you were given one)"
      hint="Some servers register by invite. It is used once and not kept."
      value={props.value}
      onInput={props.onInput}
      disabled={props.disabled ?? false}
    />
  );
}
