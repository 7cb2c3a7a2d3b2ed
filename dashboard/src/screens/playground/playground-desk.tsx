import type { KeptBundle } from "@vaultproof/sdk/browser";
import { useState } from "preact/hooks";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { readableBody } from "../../call/altered-call.js";
import type { CallableApps } from "../../call/callable-apps.js";
import type { CallRequest } from "../../call/caught-call.js";
import { suggestedCalls } from "../../call/suggested-calls.js";
import { useSession } from "../../session/use-session.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { AnswerView } from "./answer-view.js";
import { CallForm, draftOf } from "./call-form.js";
import { CheatPanel } from "./cheat-panel.js";
import { GrantThisPage } from "./grant-this-page.js";
import type { FollowedCall } from "./follow-call.js";
import { StepList } from "./step-list.js";
import { useCall } from "./use-call.js";

/** The call, what happens to it, and the attempts to cheat. An address `/playground/<slot>/<app>` chooses the app. */
export function PlaygroundDesk(props: CallableApps & { readonly onGranted: () => void }) {
  const { apps, slots, onGranted } = props;
  const session = useSession();
  const [location] = useHashLocation();
  const [chosen, setChosen] = useState(() => nameIn(location));
  const app = apps.find(({ kept }) => isNamed(kept, chosen)) ?? apps[0];
  const [request, setRequest] = useState<CallRequest>(
    () => suggestedCalls(app?.slot.provider ?? "custom")[0],
  );
  const { call, endedAt, send, cancel } = useCall();
  if (app === undefined) return null;
  const draft = draftOf(request);
  const underWay = call?.state === "under way";
  const isMine = call?.head?.source === "upstream" && isNamed(app.kept, call.as);
  const material = { session, app, request: draft.request, lastBody: isMine ? call.sent : undefined };
  return (
    <>
      <div class="desk">
        <Card title="The call">
          <CallForm
            apps={apps}
            app={app}
            onChooseApp={({ kept, slot }) => {
              setChosen(kept);
              setRequest(suggestedCalls(slot.provider)[0]);
            }}
            request={request}
            draft={draft}
            onEdit={setRequest}
            underWay={underWay}
            onSend={() => send(app, draft.request)}
            onCancel={cancel}
          />
          <details>
            <summary>Call with another key or as another app</summary>
            <GrantThisPage
              slots={slots}
              onGranted={(kept) => {
                setChosen(kept);
                onGranted();
              }}
            />
          </details>
        </Card>
        <Card title="What happens to it">
          {call === undefined ? (
            <p class="soft">Send the call to see its steps and their times here.</p>
          ) : (
            <CallView call={call} />
          )}
        </Card>
      </div>
      <CheatPanel
        key={`${app.slot.id} ${app.kept.appId}`}
        material={material}
        quietSince={endedAt}
        canCall={draft.pathError === undefined && draft.bodyError === undefined}
        underWay={underWay}
      />
    </>
  );
}

function CallView({ call }: { readonly call: FollowedCall }) {
  return (
    <>
      <StepList call={call} />
      <AnswerView call={call} />
      {call.sent !== undefined && (
        <details>
          <summary>What left this browser</summary>
          <CopyText label="Body of POST /api/v1/proxy/call" text={readableBody(call.sent)} />
        </details>
      )}
    </>
  );
}

type AppName = Partial<Pick<KeptBundle, "keySlotId" | "appId">>;

function nameIn(location: string): AppName {
  const [, , keySlotId, appId] = location.split("/").map(decodeURIComponent);
  return { ...(keySlotId === undefined ? {} : { keySlotId }), ...(appId === undefined ? {} : { appId }) };
}

/** A slot alone names the first of its apps. */
function isNamed(kept: KeptBundle, { keySlotId, appId }: AppName): boolean {
  return kept.keySlotId === keySlotId && (appId === undefined || kept.appId === appId);
}
