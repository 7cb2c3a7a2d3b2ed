import { useEffect, useRef, useState } from "preact/hooks";
import type { ServiceState } from "../service/service-watch.js";
import { useService } from "../service/use-service.js";
import { announce } from "../ui/announcer.js";
import { Button } from "../ui/button.js";
import { Notice } from "../ui/notice.js";

const WORDS: Readonly<Record<Exclude<ServiceState, "connected">, { title: string; text: string }>> = {
  offline: {
    title: "You are offline",
    text: "Calls and changes wait for a connection; nothing on this device is lost.",
  },
  "edge-down": {
    title: "The edge does not answer",
    text: "It may be restarting. This page asks again by itself; nothing on this device is lost.",
  },
  "server-down": {
    title: "The edge answers, but its server does not",
    text: "It may be restarting. This page asks again by itself; nothing on this device is lost.",
  },
};

/** Says above every screen when the service cannot be reached, or has become newer than the page. */
export function ServiceBanner() {
  const { watch, state, outdated } = useService();
  const [asking, setAsking] = useState(false);
  const before = useRef(state);
  useEffect(() => {
    if (state !== before.current) announce(state === "connected" ? "Connected again" : "");
    before.current = state;
  }, [state]);
  const ask = () => {
    setAsking(true);
    void watch.check().finally(() => setAsking(false));
  };
  if (state !== "connected") {
    const { title, text } = WORDS[state];
    return (
      <div class="banner">
        <Notice
          kind="warn"
          title={title}
          action={
            <Button busy={asking} onPress={ask}>
              Try now
            </Button>
          }
        >
          {text}
        </Notice>
      </div>
    );
  }
  if (!outdated) return null;
  return (
    <div class="banner">
      <Notice
        kind="warn"
        title="This page is older than the server: reload"
        action={<Button onPress={() => location.reload()}>Reload</Button>}
      >
        Your keys stay where they are. You will be asked to unlock them again.
      </Notice>
    </div>
  );
}
