import { useState } from "preact/hooks";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { readableBody } from "../../call/altered-call.js";
import type { CallableApp } from "../../call/callable-apps.js";
import type { CallRequest } from "../../call/caught-call.js";
import { suggestedCalls } from "../../call/suggested-calls.js";
import { useSession } from "../../session/use-session.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { AnswerView } from "./answer-view.js";
import { CallForm, draftOf } from "./call-form.js";
import { CheatPanel } from "./cheat-panel.js";
import type { FollowedCall } from "./follow-call.js";
import { StepList } from "./step-list.js";
import { useCall } from "./use-call.js";

/** The call, what happens to it, and the attempts to cheat. An address `/playground/<slot>/<app>` chooses the app. */
export function PlaygroundDesk({ apps }: { readonly apps: readonly CallableApp[] }) {
  const session = useSession();
  const [location] = useHashLocation();
  const [app, setApp] = useState(() => appNamedBy(location, apps) ?? apps[0]);
  const [request, setRequest] = useState<CallRequest>(
    () => suggestedCalls(app?.slot.provider ?? "custom")[0],
  );
  const { call, endedAt, send, cancel } = useCall();
  if (app === undefined) return null;
  const draft = draftOf(request);
  const underWay = call?.state === "under way";
  const isAnswered = call?.head?.source === "upstream";
  const material = { session, app, request: draft.request, lastBody: isAnswered ? call.sent : undefined };
  return (
    <>
      <div class="desk">
        <Card title="The call">
          <CallForm
            apps={apps}
            app={app}
            onChooseApp={(chosen) => {
              setApp(chosen);
              setRequest(suggestedCalls(chosen.slot.provider)[0]);
            }}
            request={request}
            draft={draft}
            onEdit={setRequest}
            underWay={underWay}
            onSend={() => send(app, draft.request)}
            onCancel={cancel}
          />
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

function appNamedBy(location: string, apps: readonly CallableApp[]): CallableApp | undefined {
  const [, , slotId, appId] = location.split("/").map(decodeURIComponent);
  return apps.find(({ kept }) => kept.keySlotId === slotId && (appId === undefined || kept.appId === appId));
}
