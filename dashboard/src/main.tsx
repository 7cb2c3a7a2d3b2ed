import { openKeystore } from "@vaultproof/sdk/browser";
import { render } from "preact";
import { createSession } from "./session/session.js";
import { SessionContext } from "./session/use-session.js";
import { App } from "./shell/app.js";
import "./styles/tokens.css";
import "./styles/base.css";

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no place for the app");
const session = createSession({ keystore: await openKeystore(), url: location.origin });
render(
  <SessionContext.Provider value={session}>
    <App />
  </SessionContext.Provider>,
  root,
);
