import { ErrorNotice } from "../../session/error-notice.js";
import { Empty, Loading } from "../../ui/empty.js";
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
      {callable.state === "failed" && <ErrorNotice error={callable.error} retry={reload} />}
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
