import { useId, useRef, useState } from "preact/hooks";
import { explainError } from "../../session/explain-error.js";
import { Notice } from "../../ui/notice.js";
import type { AnswerHead, FollowedCall } from "./follow-call.js";
import { SHOWN_CHARS, type AnswerText } from "./read-answer.js";

/** What came back of a call, while it comes. */
export function AnswerView({ call }: { readonly call: FollowedCall }) {
  const { head, text, state, error } = call;
  const problem = state === "failed" ? explainError(error) : undefined;
  return (
    <div class="answer">
      {head !== undefined && <Head head={head} />}
      {text !== undefined && <Text text={text} isRunning={state === "under way"} />}
      {state === "stopped" && (
        <Notice kind="info" title="Cancelled">
          {head === undefined
            ? "Nothing came back. If the call had left already, its proof is spent."
            : "What had come until then is shown; the server has closed the provider's stream."}
        </Notice>
      )}
      {problem !== undefined && (
        <Notice kind="bad" title={problem.title}>
          {problem.advice}
        </Notice>
      )}
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

const VIEWS = ["Readable", "Raw"] as const;

function Text({ text, isRunning }: { readonly text: AnswerText; readonly isRunning: boolean }) {
  const id = useId();
  const tabs = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<(typeof VIEWS)[number]>("Readable");
  const view = text.readable === null ? "Raw" : chosen;
  const shown = view === "Raw" ? text.raw : (text.readable ?? "");
  const turn = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const next = chosen === "Raw" ? "Readable" : "Raw";
    setChosen(next);
    tabs.current?.querySelector<HTMLButtonElement>(`[data-view="${next}"]`)?.focus();
  };
  return (
    <div class="answer-text">
      {text.readable !== null && (
        <div class="tabs" role="tablist" aria-label="View of the answer" ref={tabs} onKeyDown={turn}>
          {VIEWS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              class="tab"
              id={`${id}-${name}`}
              data-view={name}
              aria-selected={view === name}
              aria-controls={`${id}-panel`}
              tabIndex={view === name ? 0 : -1}
              onClick={() => setChosen(name)}
            >
              {name}
            </button>
          ))}
        </div>
      )}
      <pre
        id={`${id}-panel`}
        class="answer-body"
        tabIndex={0}
        {...(text.readable === null
          ? { role: "region", "aria-label": "The answer" }
          : { role: "tabpanel", "aria-labelledby": `${id}-${view}` })}
        aria-busy={isRunning}
      >
        {shown === "" && text.isWhole ? "(no text in it)" : shown}
      </pre>
      <p class="soft small" role="status">
        {text.isWhole ? "" : "Arriving: "}
        {text.bytes.toLocaleString("en")} bytes in {text.pieces} {text.pieces === 1 ? "piece" : "pieces"}
        {text.raw.length >= SHOWN_CHARS ? ", of which the beginning is shown" : ""}
      </p>
    </div>
  );
}
