/** The steps of a call, in their order. */
const CALL_STEPS = ["witness", "proof", "edge", "verify", "burn", "upstream"] as const;

/** Name of a step. */
export type CallStepName = (typeof CALL_STEPS)[number];

/** How far a step is. `untold`: it is over, and nobody told how long it took. */
export type StepState = "waiting" | "running" | "done" | "untold" | "refused" | "stopped";

/** A step and what is known of its time. */
export interface CallStep {
  readonly name: CallStepName;
  readonly state: StepState;
  readonly milliseconds?: number | undefined;
}

/** Steps of which nothing has begun. */
export function waitingSteps(): readonly CallStep[] {
  return CALL_STEPS.map((name) => ({ name, state: "waiting" }));
}

/** The same steps with some of them changed. */
export function withSteps(
  steps: readonly CallStep[],
  changes: Partial<Record<CallStepName, Omit<CallStep, "name">>>,
): readonly CallStep[] {
  return steps.map((step) => ({ ...step, ...changes[step.name] }));
}

/** What was under way when a call ended did not come to its end. */
export function stopSteps(steps: readonly CallStep[], state: "stopped" | "refused"): readonly CallStep[] {
  return steps.map((step) => (step.state === "running" ? { ...step, state } : step));
}

/** The steps that happen elsewhere, once the call is sent. */
const REMOTE: readonly CallStepName[] = ["edge", "verify", "burn", "upstream"];

/** Where a call was refused, by what the refusal says. */
const REFUSED_AT: readonly (readonly [RegExp, CallStepName])[] = [
  [/^\{"error":"Invalid ZK proof"/, "verify"],
  [/^\{"error":"App not authorized"/, "verify"],
  [/^\{"error":"Proof already used/, "burn"],
  [/^\{"error":"Too many requests"/, "burn"],
  [/^\{"error":"(?:Upstream request failed|Key reconstruction failed)"/, "upstream"],
];

/**
 * The remote steps once an answer is there that VaultProof gave in the provider's place. A refusal tells no times; what
 * it says tells how far the call came.
 */
export function refusedSteps(steps: readonly CallStep[], refusal: string): readonly CallStep[] {
  const at = REFUSED_AT.find(([text]) => text.test(refusal))?.[1] ?? "edge";
  const reached = REMOTE.indexOf(at);
  return steps.map((step) => {
    const place = REMOTE.indexOf(step.name);
    if (place < 0) return step;
    return { ...step, state: place < reached ? "untold" : place === reached ? "refused" : "waiting" };
  });
}

/** The remote steps once the provider's answer is there, with the times that came with it. */
export function answeredSteps(
  steps: readonly CallStep[],
  told: Partial<Record<CallStepName, number>>,
): readonly CallStep[] {
  return steps.map((step) => {
    if (!REMOTE.includes(step.name)) return step;
    const milliseconds = told[step.name];
    return { ...step, state: milliseconds === undefined ? "untold" : "done", milliseconds };
  });
}
