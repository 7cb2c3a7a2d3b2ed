import { isSupported, openKeystore } from "@vaultproof/sdk/browser";
import { render } from "preact";
import { watchService } from "./service/service-watch.js";
import { ServiceContext } from "./service/use-service.js";
import { createSession } from "./session/session.js";
import { SessionContext } from "./session/use-session.js";
import { App } from "./shell/app.js";
import { CannotStart } from "./shell/cannot-start.js";
import { readTheme, showTheme } from "./shell/theme.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./ui/form.css";

showTheme(readTheme());
const root = document.getElementById("app");
if (root === null) throw new Error("the page has no place for the app");
const service = watchService();
const { supported, reasons } = isSupported();
if (supported) await start(root);
else showReasons(root, reasons);

async function start(root: HTMLElement): Promise<void> {
  try {
    const session = createSession({ keystore: await openKeystore(), url: location.origin });
    root.replaceChildren();
    render(
      <ServiceContext.Provider value={service}>
        <SessionContext.Provider value={session}>
          <App />
        </SessionContext.Provider>
      </ServiceContext.Provider>,
      root,
    );
  } catch (error) {
    // What is there may still be refused: IndexedDB in some private windows.
    showReasons(root, [error instanceof Error ? error.message : String(error)]);
  }
}

function showReasons(root: HTMLElement, reasons: readonly string[]): void {
  root.replaceChildren();
  render(<CannotStart reasons={reasons} />, root);
}
