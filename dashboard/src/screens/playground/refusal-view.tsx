import { differences, type Expectation } from "../../call/answer.js";
import { AnswerComparison } from "../../call/answer-comparison.js";
import { CopyText } from "../../ui/copy-text.js";
import { Notice } from "../../ui/notice.js";
import type { Attempt } from "./cheats.js";
import type { LogTestimony } from "./log-witness.js";

/** What came of an attempt, beside what had to come. */
export function RefusalView(props: {
  readonly expected: Expectation;
  readonly attempt: Attempt;
  readonly testimony: LogTestimony | "looking" | "not to be had" | undefined;
}) {
  const { expected, attempt, testimony } = props;
  const isRefused = differences(expected, attempt.answer).length === 0;
  return (
    <div class="refusal">
      {isRefused ? (
        <Notice kind="good" title="Refused, exactly as it must be" />
      ) : (
        <Notice kind="bad" title="Not refused as it must be">
          What came back differs from the protocol. Do not trust this service with a key until you know why.
        </Notice>
      )}
      <AnswerComparison expected={expected} answer={attempt.answer} />
      {attempt.shown.map(({ label, text }) => (
        <CopyText key={label} label={label} text={text} />
      ))}
      <p class="soft small" role="status">
        {sayTestimony(testimony)}
      </p>
    </div>
  );
}

function sayTestimony(testimony: LogTestimony | "looking" | "not to be had" | undefined): string {
  if (testimony === undefined || testimony === "looking") return "Looking into the key's log…";
  if (testimony === "not to be had") return "The key's log could not be read just now.";
  if (testimony.reached.length === 0) {
    return "In the key's log no call of this app has reached the provider since.";
  }
  const rows = testimony.reached.join(", ");
  return `In the key's log a call of this app has reached the provider since (row ${rows}). Unless another tab or program calls as this app, it was this one.`;
}
