import { useState } from "preact/hooks";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { DeleteConfirm } from "../welcome/delete-confirm.js";

/** Takes everything of the developer out of this browser. */
export function DeleteCard() {
  const [asking, setAsking] = useState(false);
  return (
    <Card title="Delete from this browser">
      <p class="soft">
        Removes the developer key, the halves and the bundles from this browser. Slots on the server stay, and
        apps go on calling with the bundles they have.
      </p>
      <div class="form-actions">
        <Button kind="danger" onPress={() => setAsking(true)}>
          Delete from this browser
        </Button>
      </div>
      {asking && (
        <DeleteConfirm title="Delete from this browser?" onClose={() => setAsking(false)}>
          <p>The developer key, your halves and the bundles leave this browser, in every tab.</p>
        </DeleteConfirm>
      )}
    </Card>
  );
}
