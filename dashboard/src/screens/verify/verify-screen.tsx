import { Button } from "../../ui/button.js";
import { Notice } from "../../ui/notice.js";
import { ScreenHead } from "../../ui/screen-head.js";
import { ClaimCard } from "./claim-card.js";
import { CLAIMS } from "./claims.js";
import { countVerdicts, useVerdicts } from "./use-verdicts.js";
import "./verify.css";

/** The screen "Verify": the README's five claims, each checked here. */
export function VerifyScreen() {
  const { states, isBusy, check } = useVerdicts();
  const { holds, fails, unchecked, isComplete } = countVerdicts(states);
  return (
    <>
      <ScreenHead
        title="Verify"
        actions={
          <Button kind="primary" busy={isBusy} onPress={() => check(CLAIMS)}>
            Check all five
          </Button>
        }
      >
        VaultProof makes five claims. Each button checks one against the service that served you this page,
        and shows what was sent and what came back. This page is the service&apos;s own: whoever trusts
        neither can run the commands in a terminal.
      </ScreenHead>
      {isComplete && !isBusy && <Summary holds={holds} fails={fails} unchecked={unchecked} />}
      {CLAIMS.map((claim, i) => (
        <ClaimCard
          key={claim.id}
          claim={claim}
          number={i + 1}
          state={states[claim.id]}
          isBusy={isBusy}
          onCheck={() => check([claim])}
        />
      ))}
    </>
  );
}

function Summary(props: { readonly holds: number; readonly fails: number; readonly unchecked: number }) {
  const { holds, fails, unchecked } = props;
  const rest = unchecked === 0 ? "" : ` ${unchecked} could not be checked.`;
  if (fails > 0)
    return (
      <Notice
        kind="bad"
        title={`${fails} of the five claims ${fails === 1 ? "does" : "do"} not hold.${rest}`}
      />
    );
  if (unchecked > 0) return <Notice kind="warn" title={`${holds} of the five claims hold.${rest}`} />;
  return <Notice kind="good" title="All five claims hold." />;
}
