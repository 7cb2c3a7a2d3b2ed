import type { Terminal } from "../terminal.js";
import type { ProviderChoice } from "./provider-choice.js";
import type { Scene } from "./scene.js";
import type { Verdict } from "./verdict.js";
import type { WireTap } from "./wire-tap.js";

/** The app that the demo's calls are made as. */
export const APP_ID = "demo-app";

/** What every part of the demo works with. */
export interface Play {
  readonly terminal: Terminal;
  readonly verdict: Verdict;
  readonly tap: WireTap;
  readonly choice: ProviderChoice;
  readonly scene: Scene;
}
