import { useCallback } from "preact/hooks";
import { useLoaded } from "../../service/use-loaded.js";
import { ErrorNotice } from "../../session/error-notice.js";
import { useSession } from "../../session/use-session.js";
import { Badge } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Empty, Loading } from "../../ui/empty.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { AppGrants } from "./app-grants.js";
import { callsOf, formatMoment } from "./format.js";
import { KeyChanges } from "./key-changes.js";
import { loadSlot, type SlotHere } from "./key-slots.js";
import { providerName } from "./provider-calls.js";
import { ProviderIcon } from "./provider-icon.js";
import { RestrictionList } from "./restriction-list.js";
import { Snippets } from "./snippets.js";
import { TestCallCard } from "./test-call-card.js";

/** One key: what is known of it and everything that can be done with it. */
export function KeyDetail({ keySlotId }: { readonly keySlotId: string }) {
  const session = useSession();
  const { loaded, reload } = useLoaded(useCallback(() => loadSlot(session, keySlotId), [session, keySlotId]));
  return (
    <>
      <p>
        <a href="#/keys">All keys</a>
      </p>
      {loaded.state === "failed" && <ScreenHead title="Key" />}
      {loaded.state === "loading" && <Loading what="Loading the key" />}
      {loaded.state === "failed" && <ErrorNotice error={loaded.error} retry={reload} />}
      {loaded.state === "ready" &&
        (loaded.value === undefined ? <NoSuchKey /> : <Known here={loaded.value} reload={reload} />)}
    </>
  );
}

function NoSuchKey() {
  return (
    <>
      <ScreenHead title="Key" />
      <Empty title="There is no such key" action={<a href="#/keys">All keys</a>}>
        <p>It may belong to another developer key than the one in this browser.</p>
      </Empty>
    </>
  );
}

function Known({ here, reload }: { readonly here: SlotHere; readonly reload: () => void }) {
  const { slot } = here;
  const active = slot.status === "active";
  return (
    <>
      <div class="key-head">
        <ProviderIcon provider={slot.provider} />
        <ScreenHead title={slot.label} />
        <Badge kind={active ? "good" : "bad"}>{active ? "Active" : "Revoked"}</Badge>
      </div>
      <Card title="About it">
        <Facts {...here} />
      </Card>
      {active && (
        <>
          <TestCallCard slot={slot} kept={here.kept} reload={reload} />
          <AppGrants slot={slot} kept={here.kept} reload={reload} />
          <Snippets provider={slot.provider} providerOrigin={slot.baseUrl} label={slot.label} />
          <KeyChanges slot={slot} reload={reload} />
        </>
      )}
    </>
  );
}

function Facts({ slot, stats }: SlotHere) {
  const facts: readonly (readonly [name: string, value: string])[] = [
    ["Provider", `${providerName(slot.provider)}, ${slot.baseUrl}`],
    ["Calls in 30 days", callsOf(stats)],
    ["Last used", moment(stats?.lastUsedAt, "not in 90 days")],
    ["Created", formatMoment(slot.createdAt)],
    ["Rotated", moment(slot.rotatedAt, "never")],
    ...(slot.revokedAt === null ? [] : [["Revoked", formatMoment(slot.revokedAt)] as const]),
    ["Version of its shares", String(slot.version)],
    ["Slot", slot.id],
  ];
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <RestrictionList restrictions={slot.restrictions} none="No restrictions for all apps." />
    </>
  );
}

function moment(seconds: number | null | undefined, none: string): string {
  if (seconds === undefined) return "not known";
  return seconds === null ? none : formatMoment(seconds);
}
