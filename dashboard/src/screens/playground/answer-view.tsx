import { useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { Notice } from "../../ui/notice.js";
import { Tabs } from "../../ui/tabs.js";
import type { AnswerHead, FollowedCall } from "./follow-call.js";
import { SHOWN_CHARS, type AnswerText } from "./read-answer.js";

/** What came back of a call, while it comes. */
export function AnswerView({ call }: { readonly call: FollowedCall }) {
  const { head, text, state, error } = call;
  return (
    <div class="call-answer">
      {head !== undefined && <Head head={head} />}
      {text !== undefined && <Text text={text} isRunning={state === "under way"} />}
      {state === "stopped" && (
        <Notice kind="info" title="Cancelled">
          {head === undefined
            ? "Nothing came back. If the call had left already, its proof is spent."
            : "What had come until then is shown; the server has closed the provider's stream."}
        </Notice>
      )}
      {state === "failed" && <ErrorNotice error={error} />}
    </div>
  );
}

function Head({ head }: { readonly head: AnswerHead }) {
  const { status, source } = head;
  const isGood = status < 400 && source === "upstream";
  return (
    <Notice kind={isGood ? "good" : "bad"} title={titleOf(head)}>
      <code>
        {status} · vp-source: {source === "" ? "(missing)" : source}
      </code>
      {!isGood && <p>{adviceOf(head)}</p>}
    </Notice>
  );
}

function titleOf({ status, source }: AnswerHead): string {
  if (source === "upstream")
    return status < 400 ? "The provider answered" : "The provider answered with an error";
  return source === "vaultproof" ? "VaultProof refused the call" : "Somebody else answered";
}

function adviceOf({ source }: AnswerHead): string {
  if (source === "upstream") return "The call got through. What follows is the provider's own answer.";
  if (source === "vaultproof") return "The provider has not seen it.";
  return "The answer names neither the provider nor VaultProof. Something between this page and the edge made it.";
}

const VIEWS = [
  { name: "readable", title: "Readable" },
  { name: "raw", title: "Raw" },
] as const;

function Text({ text, isRunning }: { readonly text: AnswerText; readonly isRunning: boolean }) {
  const [view, setView] = useState<(typeof VIEWS)[number]["name"]>("readable");
  const { readable, raw, bytes, pieces, isWhole } = text;
  return (
    <div class="answer-text">
      {readable === null ? (
        <Body text={raw} isWhole={isWhole} isRunning={isRunning} />
      ) : (
        <Tabs label="View of the answer" tabs={VIEWS} current={view} onChange={setView}>
          <Body text={view === "raw" ? raw : readable} isWhole={isWhole} isRunning={isRunning} />
        </Tabs>
      )}
      <p class="soft small" role={isWhole ? "status" : undefined}>
        {isWhole ? "" : "Arriving: "}
        {bytes.toLocaleString("en")} bytes in {pieces} {pieces === 1 ? "piece" : "pieces"}
        {raw.length >= SHOWN_CHARS ? ", of which the beginning is shown" : ""}
      </p>
    </div>
  );
}

function Body(props: { readonly text: string; readonly isWhole: boolean; readonly isRunning: boolean }) {
  const { text, isWhole, isRunning } = props;
  return (
    <pre
      class="raw-text answer-body"
      tabIndex={0}
      role="region"
      aria-label="The answer"
      aria-busy={isRunning}
    >
      {text === "" && isWhole ? "(no text in it)" : text}
    </pre>
  );
}
