import type { Terminal } from "../terminal.js";
import { differences, type Answer, type Expectation } from "./expectation.js";

/** Checks, shows and remembers whether everything came out as it must. */
export interface Verdict {
  /** True until a check failed. */
  readonly good: boolean;
  /** Number of checks so far. */
  readonly checks: number;
  /** A statement about what just happened. */
  holds(condition: boolean, statement: string): void;
  /** An answer that must be equal to its expectation. */
  matches(expected: Expectation, answer: Answer): void;
}

/** Makes a verdict that shows each check on `terminal`. */
export function createVerdict(terminal: Terminal): Verdict {
  let failures = 0;
  let checks = 0;
  const count = (good: boolean) => {
    checks += 1;
    if (!good) failures += 1;
  };
  return {
    get good() {
      return failures === 0;
    },
    get checks() {
      return checks;
    },
    holds(condition, statement) {
      count(condition);
      if (condition) terminal.good(statement);
      else terminal.bad(`not so: ${statement}`);
    },
    matches(expected, answer) {
      const found = differences(expected, answer);
      count(found.length === 0);
      if (found.length === 0) {
        terminal.good("status and body are exactly what they must be");
        return;
      }
      for (const { what, expected: wanted, actual } of found) {
        terminal.bad(`${what} differs\n    must be  ${wanted}\n    is       ${actual}`);
      }
    },
  };
}
