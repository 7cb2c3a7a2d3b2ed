/** What a check found. */
export interface Finding {
  /** Short name of what was looked at. */
  readonly check: string;
  readonly state: "ok" | "broken" | "skipped";
  readonly found: string;
  /** What to do about it; with `broken` always. */
  readonly remedy?: string;
}

export function ok(check: string, found: string): Finding {
  return { check, state: "ok", found };
}

export function broken(check: string, found: string, remedy: string): Finding {
  return { check, state: "broken", found, remedy };
}

/** Something else must be right before this can be looked at. */
export function skipped(check: string, found: string): Finding {
  return { check, state: "skipped", found };
}
