import { useEffect, useState } from "preact/hooks";
import { showServer } from "../../service/server-identity.js";
import { explainError } from "../../session/explain-error.js";
import { useSession } from "../../session/use-session.js";
import { Button } from "../../ui/button.js";
import { Checkbox } from "../../ui/checkbox.js";
import { CopyText } from "../../ui/copy-text.js";
import { Loading } from "../../ui/empty.js";
import { Notice } from "../../ui/notice.js";

/** Shows who the server says it is and asks a person whether that is so. */
export function ServerCheck(props: {
  /** The fingerprint once it was confirmed; undefined while it is not. */
  readonly onChange: (confirmed: string | undefined) => void;
  readonly disabled?: boolean;
}) {
  const { url } = useSession();
  const [fingerprint, setFingerprint] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [confirmed, setConfirmed] = useState(false);
  const ask = () => {
    setError(undefined);
    showServer(url).then(
      (server) => setFingerprint(server.fingerprint),
      (problem: unknown) => setError(problem),
    );
  };
  useEffect(ask, [url]);
  if (error !== undefined) {
    const { title, advice } = explainError(error);
    return (
      <Notice kind="bad" title={title} action={<Button onPress={ask}>Ask again</Button>}>
        {advice}
      </Notice>
    );
  }
  if (fingerprint === undefined) return <Loading what="Asking the server who it is" />;
  return (
    <div class="server-check">
      <CopyText label="Fingerprint of the server" text={fingerprint} />
      <Checkbox
        label="The server printed the same fingerprint"
        hint="It prints it when it starts, after “identity”. This browser will then talk to that server only."
        checked={confirmed}
        disabled={props.disabled ?? false}
        onChange={(next) => {
          setConfirmed(next);
          props.onChange(next ? fingerprint : undefined);
        }}
      />
    </div>
  );
}
