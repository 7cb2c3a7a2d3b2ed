import { CliError } from "../errors.js";
import type { ProjectSlot } from "./project.js";

/**
 * One slot for each slug.
 *
 * @param names apps that may be used; empty: whichever there is.
 * @throws CliError `app-unclear` where a slug is left with two apps, `app-unknown` where the names leave nothing.
 */
export function chooseApps(
  slots: readonly ProjectSlot[],
  names: readonly string[],
): ReadonlyMap<string, ProjectSlot> {
  const chosen = new Map<string, ProjectSlot>();
  for (const slot of slots) {
    if (names.length > 0 && !names.includes(slot.appId)) continue;
    const other = chosen.get(slot.slug);
    if (other !== undefined) {
      throw new CliError("app-unclear", `${slot.slug} can be called by ${other.appId} and by ${slot.appId}`);
    }
    chosen.set(slot.slug, slot);
  }
  if (chosen.size === 0) {
    const known = [...new Set(slots.map(({ appId }) => appId))].join(", ");
    throw new CliError("app-unknown", `there is no app ${names.join(" or ")}; there is ${known || "none"}`);
  }
  return chosen;
}

/** Collects the values of an option that may be given again. */
export function addName(name: string, before: readonly string[] = []): string[] {
  return [...before, name];
}
