import { AnswerComparison } from "../../call/answer-comparison.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { CopyText } from "../../ui/copy-text.js";
import { Notice } from "../../ui/notice.js";
import type { Claim } from "./claims.js";
import type { Finding } from "./evidence.js";
import type { ClaimState } from "./use-verdicts.js";

/** A claim with its button, and what checking it gave. */
export function ClaimCard(props: {
  readonly claim: Claim;
  readonly number: number;
  readonly state: ClaimState | undefined;
  readonly isBusy: boolean;
  readonly onCheck: () => void;
}) {
  const { claim, number, state, isBusy, onCheck } = props;
  const words = state === undefined || state.state === "checking" ? "Check it here" : "Check it again";
  return (
    <div class="claim" data-claim={claim.id} data-state={state?.state ?? "open"}>
      <Card
        title={`${number}. ${claim.title}`}
        actions={
          <Button
            label={`${words}: ${claim.title}`}
            busy={state?.state === "checking"}
            disabled={isBusy}
            onPress={onCheck}
          >
            {words}
          </Button>
        }
      >
        <p class="soft">{claim.does}</p>
        {state !== undefined && <Sentence state={state} />}
        {state !== undefined && state.findings.length > 0 && (
          <ul class="findings">
            {state.findings.map((finding, i) => (
              <li key={i} class={`finding finding-${finding.kind}`}>
                <FindingView finding={finding} />
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}

function Sentence({ state }: { readonly state: ClaimState }) {
  if (state.state === "holds") return <Notice kind="good" title="It holds" />;
  if (state.state === "fails") {
    return (
      <Notice kind="bad" title="It does not hold">
        See below what differs. Do not trust this service with a key until you know why.
      </Notice>
    );
  }
  if (state.state !== "unchecked") return null;
  const { title, advice, link } = state.missing;
  return (
    <Notice
      kind="warn"
      title={`Not checked: ${title}`}
      action={link === undefined ? undefined : <a href={`#${link.to}`}>{link.name}</a>}
    >
      {advice}
    </Notice>
  );
}

function FindingView({ finding }: { readonly finding: Finding }) {
  if (finding.kind === "text") return <CopyText label={finding.label} text={finding.text} />;
  if (finding.kind === "answer")
    return <AnswerComparison expected={finding.expected} answer={finding.answer} />;
  const { holds, says } = finding;
  return (
    <p class={`statement ${holds ? "statement-good" : "statement-bad"}`}>
      <span class="statement-mark" aria-hidden="true">
        {holds ? "✓" : "✗"}
      </span>
      <span class="visually-hidden">{holds ? "Holds: " : "Does not hold: "}</span>
      {says}
    </p>
  );
}
