import { differences, type Answer, type Expectation } from "../../call/answer.js";

/** One thing that a check found out. */
export type Finding =
  /** A statement, and whether it holds. */
  | { readonly kind: "statement"; readonly holds: boolean; readonly says: string }
  /** An answer beside what it must be. */
  | { readonly kind: "answer"; readonly expected: Expectation; readonly answer: Answer }
  /** Text to look at, or to copy. */
  | { readonly kind: "text"; readonly label: string; readonly text: string };

/** Takes down what a check finds. */
export interface Evidence {
  /** A statement about what just happened. */
  holds(condition: boolean, says: string): void;
  /** An answer that must be equal to its expectation; `says` names it. */
  matches(says: string, expected: Expectation, answer: Answer): void;
  show(label: string, text: string): void;
}

/** What came of checking a claim. */
export type Verdict =
  | { readonly state: "holds" | "fails"; readonly findings: readonly Finding[] }
  /** It could not be checked: nothing is said about whether it holds. */
  | { readonly state: "unchecked"; readonly findings: readonly Finding[]; readonly missing: Missing };

/** What is missing, and where to get it. */
export interface Missing {
  readonly title: string;
  readonly advice: string;
  readonly link?: { readonly to: string; readonly name: string } | undefined;
}

/** Thrown by a check that lacks something; it has said nothing about the claim. */
export class MissingError extends Error {
  override readonly name = "MissingError";
  readonly missing: Missing;

  constructor(missing: Missing) {
    super(missing.title);
    this.missing = missing;
  }
}

/** Takes down findings and judges by them: one that does not hold and the claim fails; none at all proves nothing. */
export function collectEvidence(onFinding: (findings: readonly Finding[]) => void): Evidence & {
  readonly findings: () => readonly Finding[];
  readonly hasFailed: () => boolean;
  readonly hasHeld: () => boolean;
} {
  let findings: readonly Finding[] = [];
  let held = 0;
  let failed = 0;
  const add = (finding: Finding): void => {
    findings = [...findings, finding];
    onFinding(findings);
  };
  const holds = (condition: boolean, says: string): void => {
    if (condition) held++;
    else failed++;
    add({ kind: "statement", holds: condition, says });
  };
  return {
    holds,
    matches(says, expected, answer) {
      holds(differences(expected, answer).length === 0, says);
      add({ kind: "answer", expected, answer });
    },
    show: (label, text) => add({ kind: "text", label, text }),
    findings: () => findings,
    hasFailed: () => failed > 0,
    hasHeld: () => held > 0,
  };
}
