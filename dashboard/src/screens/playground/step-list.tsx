import { milliseconds } from "../../ui/duration.js";
import type { CallStep, CallStepName, StepState } from "./call-steps.js";
import type { FollowedCall } from "./follow-call.js";

const STEPS: Readonly<Record<CallStepName, { readonly name: string; readonly what: string }>> = {
  witness: { name: "Witness", what: "this page solves the circuit for this one request" },
  proof: { name: "Proof", what: "this page proves it, without saying what it knows" },
  edge: { name: "Edge", what: "signs the request on its way to the backend" },
  verify: { name: "Verification", what: "the server checks the proof" },
  burn: { name: "Nullifier", what: "is burnt: the same call cannot be made again" },
  upstream: {
    name: "Upstream",
    what: "the key is put together, used and wiped; the provider begins to answer",
  },
};
const WORDS: Readonly<Record<StepState, string>> = {
  waiting: "to come",
  running: "under way",
  done: "done",
  untold: "done, time not told",
  refused: "refused here",
  stopped: "stopped",
};

/** The steps of a call with their times. */
export function StepList({ call }: { readonly call: FollowedCall }) {
  const { steps, waited, took, readying } = call;
  return (
    <div class="steps">
      {readying !== undefined && <Readying {...readying} />}
      <ol class="step-list">
        {steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </ol>
      <dl class="step-sums">
        {waited !== undefined && (
          <div>
            <dt>Sent until the answer began</dt>
            <dd>{milliseconds(waited)}</dd>
          </div>
        )}
        {took !== undefined && (
          <div>
            <dt>All of it</dt>
            <dd>{milliseconds(took)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function Step({ step }: { readonly step: CallStep }) {
  const { name, what } = STEPS[step.name];
  const time = step.milliseconds === undefined ? WORDS[step.state] : milliseconds(step.milliseconds);
  return (
    <li class={`step step-${step.state}`} data-step={step.name} data-state={step.state}>
      <span class="step-mark" aria-hidden="true" />
      <span class="step-name">{name}</span>
      <span class="step-what soft">{what}</span>
      <span class="step-time">
        {time}
        {step.milliseconds !== undefined && <span class="visually-hidden">, {WORDS[step.state]}</span>}
      </span>
    </li>
  );
}

const MEGABYTE = 1_000_000;

/** The first proof of a page waits for the prover's download. */
function Readying({ loaded, total }: NonNullable<FollowedCall["readying"]>) {
  const had = (loaded / MEGABYTE).toFixed(1);
  const all = total === undefined ? "" : ` of ${(total / MEGABYTE).toFixed(1)}`;
  return (
    <div class="readying">
      <label>
        <span>
          Readying the prover{loaded > 0 ? `: ${had}${all} MB` : ""}. Only the first call of a page waits for
          it.
        </span>
        <progress value={total === undefined ? undefined : loaded} max={total} />
      </label>
    </div>
  );
}
