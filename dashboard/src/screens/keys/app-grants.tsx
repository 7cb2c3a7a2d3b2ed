import type { AppGrant, KeySlot } from "@vaultproof/protocol/developer-routes";
import type { KeptBundle } from "@vaultproof/sdk/browser";
import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { announce } from "../../ui/announcer.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/confirm.js";
import { useAct } from "../../ui/use-act.js";
import { AppBundles } from "./app-bundles.js";
import { formatDay } from "./format.js";
import { GrantForm } from "./grant-form.js";
import { RestrictionList } from "./restriction-list.js";

/** Which apps may use a key, with what each may do; grants another, and revokes. */
export function AppGrants(props: {
  readonly slot: KeySlot;
  readonly kept: readonly KeptBundle[];
  readonly reload: () => void;
}) {
  const { slot, kept, reload } = props;
  return (
    <Card title="Apps">
      {slot.appGrants.length === 0 && <p>No app may use this key. Grant one below.</p>}
      <ul class="grants" aria-label="Apps that may use the key">
        {slot.appGrants.map((grant) => (
          <Grant
            key={`${grant.appId} ${grant.version}`}
            {...{ slot, grant, reload }}
            isKept={kept.some(({ appId }) => appId === grant.appId)}
          />
        ))}
      </ul>
      <GrantForm slot={slot} reload={reload} />
    </Card>
  );
}

function Grant(props: {
  readonly slot: KeySlot;
  readonly grant: AppGrant;
  readonly isKept: boolean;
  readonly reload: () => void;
}) {
  const session = useSession();
  const { slot, grant, isKept, reload } = props;
  const { appId } = grant;
  const [bundle, setBundle] = useState<string>();
  const [asking, setAsking] = useState(false);
  const { busy, error, act } = useAct();
  const show = () =>
    act(async () => {
      setBundle(await (await session.vault()).apps.bundle(slot.id, appId));
    });
  const revoke = () =>
    act(async () => {
      await (await session.vault()).apps.revoke(slot.id, appId);
      await session.keystore.removeBundle(slot.id, appId);
      setAsking(false);
      announce(`${appId} may no longer use this key`);
      reload();
    });
  return (
    <li class="grant">
      <div class="grant-head">
        <h3>{appId}</h3>
        {isKept && <Badge kind="accent">Bundle kept here</Badge>}
        <span class="soft small">granted {formatDay(grant.createdAt)}</span>
        <div class="grant-actions">
          {bundle === undefined ? (
            <Button label={`Show the bundle of ${appId}`} busy={busy && !asking} onPress={show}>
              Bundle
            </Button>
          ) : (
            <Button
              label={`Hide the bundle of ${appId}`}
              onPress={() => {
                setBundle(undefined);
                reload();
              }}
            >
              Hide
            </Button>
          )}
          <Button kind="danger" label={`Revoke ${appId}`} onPress={() => setAsking(true)}>
            Revoke
          </Button>
        </div>
      </div>
      <RestrictionList restrictions={grant.restrictions} none="No restrictions of its own." />
      {bundle !== undefined && (
        <AppBundles keySlotId={slot.id} bundles={{ [appId]: bundle }} kept={isKept ? [appId] : []} />
      )}
      {error !== undefined && !asking && <ErrorNotice error={error} />}
      {asking && (
        <Confirm
          title={`Revoke ${appId}?`}
          confirm="Revoke the app"
          busy={busy}
          onConfirm={revoke}
          onCancel={() => setAsking(false)}
        >
          <p>
            Its calls are refused from the moment this is answered. The other apps go on; it can be granted
            again.
          </p>
          {error !== undefined && <ErrorNotice error={error} />}
        </Confirm>
      )}
    </li>
  );
}
