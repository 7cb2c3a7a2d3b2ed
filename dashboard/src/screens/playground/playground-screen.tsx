import { useCallback } from "preact/hooks";
import { listCallableApps } from "../../call/callable-apps.js";
import { useLoaded } from "../../service/use-loaded.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Empty, Loading } from "../../ui/empty.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { GrantThisPage } from "./grant-this-page.js";
import { PlaygroundDesk } from "./playground-desk.js";
import "./playground.css";

/** The screen "Playground". */
export function PlaygroundScreen() {
  const session = useSession();
  const { loaded, reload } = useLoaded(useCallback(() => listCallableApps(session), [session]));
  return (
    <>
      <ScreenHead title="Playground">
        Make a call with one of your keys and watch its steps. Then try to cheat: each attempt is sent for
        real, and shown with what must come back.
      </ScreenHead>
      {loaded.state === "loading" && <Loading what="Looking up your keys" />}
      {loaded.state === "failed" && <ErrorNotice error={loaded.error} retry={reload} />}
      {loaded.state === "ready" && loaded.value.slots.length === 0 && (
        <Empty title="No key to call with" action={<AddLink />}>
          The playground calls a provider with a key that you have stored. You have none yet.
        </Empty>
      )}
      {loaded.state === "ready" && loaded.value.slots.length > 0 && loaded.value.apps.length === 0 && (
        <GrantThisPage slots={loaded.value.slots} onGranted={reload} />
      )}
      {loaded.state === "ready" && loaded.value.apps.length > 0 && (
        <PlaygroundDesk {...loaded.value} onGranted={reload} />
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
