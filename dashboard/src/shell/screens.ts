import type { FunctionComponent } from "preact";
import { KeysScreen } from "../screens/keys/keys-screen.js";
import { LogsScreen } from "../screens/logs/logs-screen.js";
import { PlaygroundScreen } from "../screens/playground/playground-screen.js";
import { SettingsScreen } from "../screens/settings/settings-screen.js";
import { VerifyScreen } from "../screens/verify/verify-screen.js";

/** The screens behind the lock, in the order of the navigation; addresses are hashes, so that any host can serve the page. */
export const SCREENS: readonly {
  readonly path: `/${string}`;
  readonly name: string;
  readonly Screen: FunctionComponent;
}[] = [
  { path: "/keys", name: "Keys", Screen: KeysScreen },
  { path: "/playground", name: "Playground", Screen: PlaygroundScreen },
  { path: "/logs", name: "Logs", Screen: LogsScreen },
  { path: "/verify", name: "Verify", Screen: VerifyScreen },
  { path: "/settings", name: "Settings", Screen: SettingsScreen },
];
