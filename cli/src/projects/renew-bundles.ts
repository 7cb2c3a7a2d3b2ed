import { parseBundle } from "@vaultproof/protocol/bundle";
import { projectSlot, type ProjectStore } from "./project.js";

/**
 * Gives the projects on this device the new bundles of a slot: their old ones are dead.
 *
 * @param bundles by app id.
 * @returns the folders whose project was changed.
 */
export async function renewBundles(
  projects: ProjectStore,
  keySlotId: string,
  bundles: Readonly<Record<string, string>>,
): Promise<string[]> {
  const changed: string[] = [];
  for (const project of await projects.list()) {
    const slots = project.slots.map((slot) => {
      const bundle = parseBundle(slot.bundle).slotId === keySlotId ? bundles[slot.appId] : undefined;
      return bundle === undefined ? slot : projectSlot({ bundle, url: slot.url, slug: slot.slug });
    });
    if (slots.every((slot, i) => slot === project.slots[i])) continue;
    await projects.put({ ...project, slots });
    changed.push(project.folder);
  }
  return changed;
}
