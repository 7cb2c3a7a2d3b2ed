import { Route, Switch } from "wouter-preact";
import { AddKey } from "./add-key.js";
import { KeyDetail } from "./key-detail.js";
import { KeyList } from "./key-list.js";
import "./keys.css";

/** The screen "Keys": the list, a new one, and each of them. */
export function KeysScreen() {
  return (
    <Switch>
      <Route path="/keys/add">
        <AddKey />
      </Route>
      <Route path="/keys/:keySlotId">
        {({ keySlotId }: { readonly keySlotId: string }) => (
          <KeyDetail key={keySlotId} keySlotId={keySlotId} />
        )}
      </Route>
      <Route>
        <KeyList />
      </Route>
    </Switch>
  );
}
