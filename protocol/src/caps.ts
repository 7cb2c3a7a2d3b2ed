/** The caps on calls that restrictions may name, and the window of each. Days and months are those of UTC. */
export const CAPS = { perMinute: "minute", perDay: "day", perMonth: "month" } as const;
export type CapName = keyof typeof CAPS;

/** Whose calls a cap counts: of the whole slot, of one app, or for one subject. */
export type CapScope = "slot" | "app" | "subject";

/** How far a cap is used up. */
export interface CapUsage {
  readonly name: CapName;
  readonly scope: CapScope;
  readonly used: number;
  readonly limit: number;
  /** Unix seconds at which its window ends. */
  readonly reset: number;
}

/** On the answer of a call that was made, once a cap is used to nine tenths or more. */
export const USAGE_HEADER = "vp-usage";
const TOLD_FROM = 0.9;

const SCOPE_TEXT = { slot: "key slot", app: "app", subject: "subject" } as const satisfies Record<
  CapScope,
  string
>;

/** `reason` of a call that a cap refused, for example `perDay of the app`. */
export function capReason({ name, scope }: Pick<CapUsage, "name" | "scope">): string {
  return `${name} of the ${SCOPE_TEXT[scope]}`;
}

/**
 * The value of {@link USAGE_HEADER}, an RFC 9651 item with parameters:
 * `"perDay";scope=app;used=91;limit=100;reset=1790000000`.
 *
 * @returns null where there is nothing to tell yet.
 */
export function usageHeader({ name, scope, used, limit, reset }: CapUsage): string | null {
  if (used < limit * TOLD_FROM) return null;
  return `"${name}";scope=${scope};used=${used};limit=${limit};reset=${reset}`;
}
