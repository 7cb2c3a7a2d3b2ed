import { Redirect, Route, Switch } from "wouter-preact";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { ConnectScreen } from "../screens/welcome/connect-screen.js";
import { Notice } from "../ui/notice.js";
import { Button } from "../ui/button.js";
import { ErrorBoundary } from "./error-boundary.js";
import { SCREENS } from "./screens.js";
import { useFirstContact } from "./use-first-contact.js";
import { useScreenChange } from "./use-screen-change.js";

/** What stands behind the lock: the screen that the address names, once the developer is known to the server. */
export function UnlockedScreens() {
  const [location] = useHashLocation();
  const { trouble, again } = useFirstContact();
  const current = SCREENS.find(({ path }) => isAt(location, path));
  const isSettings = current?.path === "/settings";
  const connecting = trouble?.kind === "not-connected" && !isSettings;
  useScreenChange(connecting ? "Connect" : (current?.name ?? "VaultProof"), location);
  if (connecting) return <ConnectScreen refusal={trouble.error} onConnected={again} />;
  return (
    <>
      {trouble?.kind === "distrusted" && (
        <Notice
          kind="bad"
          title="The server was not trusted"
          action={<Button onPress={again}>Try again</Button>}
        >
          {trouble.error.message}
        </Notice>
      )}
      <ErrorBoundary key={current?.path ?? "none"}>
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
      </ErrorBoundary>
    </>
  );
}

/** Whether an address is a screen's, or of something on it. */
export function isAt(location: string, path: string): boolean {
  return location === path || location.startsWith(`${path}/`);
}
