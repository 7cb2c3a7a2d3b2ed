import { explainError } from "../../session/explain-error.js";
import { Notice } from "../../ui/notice.js";
import type { StoreOutcome } from "./store-key.js";

type Failure = Extract<StoreOutcome, { kind: "failed" }>;

/** Why a key could not be stored, and whether anything was. */
export function StoreFailure({ error, stored, keySlotId }: Failure) {
  const { title, advice } = explainError(error);
  return (
    <Notice kind="bad" title={title}>
      {advice !== "" && <p>{advice}</p>}
      {stored === "no" && <p>Nothing was stored. What you wrote is still here; paste the key again.</p>}
      {stored === "yes" && (
        <p>
          The key was stored all the same: <a href={`#/keys/${keySlotId}`}>open it</a>. Do not store it twice.
        </p>
      )}
      {stored === "unknown" && (
        <p>
          Whether it was stored is not known: the answer was lost. Its share is kept here. Look at{" "}
          <a href="#/keys">your keys</a> before you paste it again; the slot would be <code>{keySlotId}</code>
          .
        </p>
      )}
    </Notice>
  );
}
