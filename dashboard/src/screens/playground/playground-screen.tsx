import { explainError } from "../../session/explain-error.js";
import { Button } from "../../ui/button.js";
import { Empty, Loading } from "../../ui/empty.js";
import { Notice } from "../../ui/notice.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { GrantThisPage } from "./grant-this-page.js";
import { PlaygroundDesk } from "./playground-desk.js";
import { useCallableApps } from "./use-callable-apps.js";
import "./playground.css";

/** The screen "Playground". */
export function PlaygroundScreen() {
  const { callable, reload } = useCallableApps();
  return (
    <>
      <ScreenHead title="Playground">
        Make a call with one of your keys and watch its steps. Then try to cheat: each attempt is sent for
        real, and shown with what must come back.
      </ScreenHead>
      {callable.state === "loading" && <Loading what="Looking up your keys" />}
      {callable.state === "failed" && <Failed error={callable.error} onRetry={reload} />}
      {callable.state === "ready" && callable.found.slots.length === 0 && (
        <Empty title="No key to call with" action={<AddLink />}>
          The playground calls a provider with a key that you have stored. You have none yet.
        </Empty>
      )}
      {callable.state === "ready" && callable.found.slots.length > 0 && callable.found.apps.length === 0 && (
        <GrantThisPage slots={callable.found.slots} onGranted={reload} />
      )}
      {callable.state === "ready" && callable.found.apps.length > 0 && (
        <PlaygroundDesk {...callable.found} onGranted={reload} />
      )}
    </>
  );
}

function AddLink() {
  return (
    <a class="button button-primary" href="#/keys/add">
      Add a key
    </a>
  );
}

function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { title, advice } = explainError(error);
  return (
    <Notice kind="bad" title={title} action={<Button onPress={onRetry}>Try again</Button>}>
      {advice}
    </Notice>
  );
}
