import { Redirect, Route, Router, Switch } from "wouter-preact";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { UnlockScreen } from "../screens/welcome/unlock-screen.js";
import { WelcomeScreen } from "../screens/welcome/welcome-screen.js";
import { useKeystoreState, useSession } from "../session/use-session.js";
import { Button } from "../ui/button.js";
import { SCREENS } from "./screens.js";
import "./app.css";

/** The frame of the page and what stands in it: behind the lock one of the screens. */
export function App() {
  const state = useKeystoreState();
  const { keystore } = useSession();
  const unlocked = state === "unlocked";
  return (
    <Router hook={useHashLocation}>
      <a class="skip-link" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <header class="top">
        <span class="brand">VaultProof</span>
        {unlocked && (
          <nav aria-label="Screens">
            {SCREENS.map(({ path, name }) => (
              <NavLink key={path} path={path} name={name} />
            ))}
          </nav>
        )}
        {unlocked && <Button onPress={() => keystore.lock()}>Lock</Button>}
      </header>
      <main id="main" tabIndex={-1}>
        {state === "empty" && <WelcomeScreen />}
        {state === "locked" && <UnlockScreen />}
        {unlocked && (
          <Switch>
            {SCREENS.map(({ path, Screen }) => (
              <Route key={path} path={`${path}/*?`}>
                <Screen />
              </Route>
            ))}
            <Route>
              <Redirect to="/keys" />
            </Route>
          </Switch>
        )}
      </main>
    </Router>
  );
}

function NavLink({ path, name }: { readonly path: string; readonly name: string }) {
  const [location] = useHashLocation();
  const active = location === path || location.startsWith(`${path}/`);
  return (
    <a href={`#${path}`} class="nav-link" aria-current={active ? "page" : undefined}>
      {name}
    </a>
  );
}

/** The hash is the router's, so the browser cannot jump by itself. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
