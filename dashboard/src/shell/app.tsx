import { useEffect, useRef, useState } from "preact/hooks";
import { Router } from "wouter-preact";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { UnlockScreen } from "../screens/welcome/unlock-screen.js";
import { WelcomeScreen } from "../screens/welcome/welcome-screen.js";
import { useKeystoreState } from "../session/use-session.js";
import { Announcer, announce } from "../ui/announcer.js";
import { ErrorBoundary } from "./error-boundary.js";
import { Header } from "./header.js";
import { ServiceBanner } from "./service-banner.js";
import { UnlockedScreens } from "./unlocked-screens.js";
import { useScreenChange } from "./use-screen-change.js";
import "./app.css";

/** The frame of the page and what stands in it: behind the lock one of the screens. */
export function App() {
  const state = useKeystoreState();
  const [settingUp, setSettingUp] = useState(false);
  useDeletionSaid(state);
  // A keystore that locks itself meanwhile ends the setting up; unlocking it goes on from there.
  useEffect(() => {
    if (state === "locked") setSettingUp(false);
  }, [state]);
  const unlocked = state === "unlocked" && !settingUp;
  const welcome = state === "empty" || (state === "unlocked" && settingUp);
  useEffect(() => {
    document.documentElement.dataset.lock = unlocked ? "unlocked" : "locked";
  }, [unlocked]);
  return (
    <Router hook={useHashLocation}>
      <a class="skip-link" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <div class={unlocked ? "frame" : "frame frame-bare"}>
        <Header unlocked={unlocked} />
        <main id="main" tabIndex={-1}>
          <ServiceBanner />
          <ErrorBoundary>
            {welcome && (
              <Titled name="Welcome">
                <WelcomeScreen onBegin={() => setSettingUp(true)} onDone={() => setSettingUp(false)} />
              </Titled>
            )}
            {state === "locked" && (
              <Titled name="Locked">
                <UnlockScreen />
              </Titled>
            )}
            {unlocked && <UnlockedScreens />}
          </ErrorBoundary>
        </main>
      </div>
      <Announcer />
    </Router>
  );
}

function Titled({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  useScreenChange(name);
  return <>{children}</>;
}

/** Says that the keystore is gone, whichever tab deleted it. */
function useDeletionSaid(state: string): void {
  const before = useRef(state);
  useEffect(() => {
    if (state === "empty" && before.current !== "empty") {
      announce("The developer key was deleted from this browser");
    }
    before.current = state;
  }, [state]);
}

/** The hash is the router's, so the browser cannot jump by itself. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
