import { useRef, useState } from "preact/hooks";
import { useSession } from "../../session/use-session.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { AddKeyForm } from "./add-key-form.js";
import { detailsOf, fieldOfError, NEW_KEY, problemsOf, type KeyProblems } from "./key-draft.js";
import { LeavingPanel } from "./leaving-panel.js";
import { requestShape } from "./request-shape.js";
import { storeKey, type StoreOutcome } from "./store-key.js";
import { StoreFailure } from "./store-failure.js";
import { StoredKey } from "./stored-key.js";
import { keyProblem, takeKey } from "./typed-key.js";

/** A new key: what is said of it, the key itself, and what leaves the browser of it. */
export function AddKey() {
  const session = useSession();
  const [draft, setDraft] = useState(NEW_KEY);
  const [problems, setProblems] = useState<KeyProblems>({});
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<StoreOutcome>();
  const input = useRef<HTMLInputElement>(null);

  const submit = async (): Promise<void> => {
    const wrong = problemsOf(draft);
    setProblems(wrong);
    // The key stays in its input until everything else can be sent.
    if (Object.keys(wrong).length > 0 || input.current === null) return;
    const key = takeKey(input.current);
    const unfit = keyProblem(key);
    if (unfit !== undefined) {
      key.fill(0);
      setProblems({ key: unfit });
      input.current.focus();
      return;
    }
    setOutcome(undefined);
    setBusy(true);
    const next = await storeKey(session, key, { ...detailsOf(draft), keep: draft.keep });
    setBusy(false);
    setOutcome(next);
    if (next.kind === "failed") setProblems(problemOfError(next.error));
  };

  const sent =
    outcome === undefined
      ? undefined
      : {
          leaving: outcome.leaving,
          sharesFound: outcome.kind === "stored" ? outcome.sharesFound : undefined,
        };
  return (
    <>
      <p>
        <a href="#/keys">All keys</a>
      </p>
      <ScreenHead title={outcome?.kind === "stored" ? "Key stored" : "Add a key"} />
      <div class="two-columns">
        {outcome?.kind === "stored" ? (
          <StoredKey {...outcome} draft={draft} />
        ) : (
          <AddKeyForm
            {...{ draft, problems, busy }}
            keyRef={input}
            onChange={setDraft}
            onSubmit={() => void submit()}
            failure={outcome?.kind === "failed" && <StoreFailure {...outcome} />}
          />
        )}
        <LeavingPanel shape={requestShape(detailsOf(draft))} sent={sent} />
      </div>
    </>
  );
}

function problemOfError(error: unknown): KeyProblems {
  const message = error instanceof Error ? error.message : String(error);
  const field = fieldOfError(message);
  return field === undefined ? {} : { [field]: message };
}
