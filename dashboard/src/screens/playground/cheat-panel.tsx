import { useState } from "preact/hooks";
import { explainError, type Explanation } from "../../session/explain-error.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { RefusalView } from "./refusal-view.js";
import { CHEATS, TRY_CHEAT, type Attempt, type CheatMaterial, type CheatName } from "./cheats.js";
import { callWitness, type LogTestimony } from "./log-witness.js";

/** How far an attempt is. */
export interface Tried {
  readonly attempt?: Attempt | undefined;
  readonly testimony?: LogTestimony | "looking" | "not to be had";
  readonly problem?: Explanation;
}

const NAMES = Object.keys(CHEATS) as CheatName[];

/** The four attempts that must be refused, each with what came of it. */
export function CheatPanel(props: {
  readonly material: CheatMaterial;
  /** When the page's last call ended, by `performance.now()`. */
  readonly quietSince: number | undefined;
  /** Whether the form holds a call that can be made. */
  readonly canCall: boolean;
  readonly underWay: boolean;
}) {
  const { material, quietSince, canCall, underWay } = props;
  const [tried, setTried] = useState<Partial<Record<CheatName, Tried>>>({});
  const [busy, setBusy] = useState<CheatName>();
  const attempt = async (name: CheatName): Promise<void> => {
    const set = (state: Tried): void => setTried((before) => ({ ...before, [name]: state }));
    setBusy(name);
    set({});
    try {
      const witness = await callWitness({ ...material, quietSince }).catch(() => undefined);
      const done = await TRY_CHEAT[name](material);
      set({ attempt: done, testimony: "looking" });
      const testimony = await witness?.testify().catch(() => undefined);
      set({ attempt: done, testimony: testimony ?? "not to be had" });
    } catch (error) {
      set({ problem: explainError(error) });
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <Card title="Now try to cheat">
      <ul class="cheats">
        {NAMES.map((name) => (
          <li key={name} class="cheat">
            <p>{CHEATS[name].why}</p>
            <div>
              <Button
                busy={busy === name}
                disabled={busy !== undefined || underWay || !isPossible(name, material, canCall)}
                onPress={() => void attempt(name)}
              >
                {CHEATS[name].title}
              </Button>
            </div>
            <Needs name={name} material={material} canCall={canCall} />
            <Outcome name={name} tried={tried[name]} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function isPossible(name: CheatName, { lastBody }: CheatMaterial, canCall: boolean): boolean {
  if (name === "replay") return lastBody !== undefined;
  return name === "direct" || canCall;
}

function Needs(props: {
  readonly name: CheatName;
  readonly material: CheatMaterial;
  readonly canCall: boolean;
}) {
  const { name, material, canCall } = props;
  if (isPossible(name, material, canCall)) return null;
  const need =
    name === "replay" ? "Send a call that the provider answers first." : "Correct the call above first.";
  return <p class="soft small">{need}</p>;
}

function Outcome({ name, tried }: { readonly name: CheatName; readonly tried: Tried | undefined }) {
  if (tried?.problem !== undefined) {
    return (
      <Notice kind="warn" title={`It could not be tried: ${tried.problem.title}`}>
        {tried.problem.advice}
      </Notice>
    );
  }
  if (tried?.attempt === undefined) return null;
  return <RefusalView expected={CHEATS[name].expected} attempt={tried.attempt} testimony={tried.testimony} />;
}
