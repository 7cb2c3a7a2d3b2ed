import { Card } from "../../ui/card.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { ConnectForm } from "./connect-form.js";
import "./welcome.css";

/** Stands before the screens while the server does not know the developer, or nobody has compared who it is. */
export function ConnectScreen(props: { readonly refusal: unknown; readonly onConnected: () => void }) {
  return (
    <>
      <ScreenHead title="Connect to the server">
        Your developer key is on this device. One thing is left before it can be used.
      </ScreenHead>
      <Card title="Who answers here">
        <ConnectForm {...props} />
      </Card>
    </>
  );
}
