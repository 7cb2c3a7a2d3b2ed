import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Checkbox } from "../../ui/checkbox.js";
import { CopyText } from "../../ui/copy-text.js";

/** Bundles of apps, shown while this stands on the screen and never again; each may be kept in this browser. */
export function AppBundles(props: {
  readonly keySlotId: string;
  readonly bundles: Readonly<Record<string, string>>;
  /** Apps whose bundle is kept already. */
  readonly kept: readonly string[];
}) {
  const { keystore } = useSession();
  const { keySlotId, bundles } = props;
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set(props.kept));
  const [error, setError] = useState<unknown>();
  const keep = async (appId: string, bundle: string, on: boolean): Promise<void> => {
    try {
      if (on) await keystore.saveBundle({ keySlotId, appId, bundle });
      else await keystore.removeBundle(keySlotId, appId);
      setKept((before) => new Set(on ? [...before, appId] : [...before].filter((other) => other !== appId)));
      setError(undefined);
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <>
      {Object.entries(bundles).map(([appId, bundle]) => (
        <div key={appId} class="app-bundle">
          <CopyText label={`Bundle of ${appId}`} text={bundle} />
          <Checkbox
            label="Keep it in this browser"
            checked={kept.has(appId)}
            onChange={(on) => void keep(appId, bundle, on)}
          />
        </div>
      ))}
      {error !== undefined && <ErrorNotice error={error} />}
    </>
  );
}
