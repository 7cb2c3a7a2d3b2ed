import type { FunctionComponent } from "preact";
import type { IconName } from "../ui/icon.js";
import { lazyScreen } from "./lazy-screen.js";

/**
 * The screens behind the lock, in the order of the navigation; addresses are hashes, so that any host can serve the page. Each
 * is a file of its own that is loaded when somebody goes there.
 */
export const SCREENS: readonly {
  readonly path: `/${string}`;
  readonly name: string;
  readonly icon: IconName;
  readonly Screen: FunctionComponent;
}[] = [
  {
    path: "/keys",
    name: "Keys",
    icon: "keys",
    Screen: lazyScreen(async () => (await import("../screens/keys/keys-screen.js")).KeysScreen),
  },
  {
    path: "/playground",
    name: "Playground",
    icon: "playground",
    Screen: lazyScreen(
      async () => (await import("../screens/playground/playground-screen.js")).PlaygroundScreen,
    ),
  },
  {
    path: "/logs",
    name: "Logs",
    icon: "logs",
    Screen: lazyScreen(async () => (await import("../screens/logs/logs-screen.js")).LogsScreen),
  },
  {
    path: "/verify",
    name: "Verify",
    icon: "verify",
    Screen: lazyScreen(async () => (await import("../screens/verify/verify-screen.js")).VerifyScreen),
  },
  {
    path: "/settings",
    name: "Settings",
    icon: "settings",
    Screen: lazyScreen(async () => (await import("../screens/settings/settings-screen.js")).SettingsScreen),
  },
];
