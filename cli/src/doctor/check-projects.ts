import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { parseBundle } from "@vaultproof/protocol/bundle";
import type { Project } from "../projects/project.js";
import { broken, ok, type Finding } from "./finding.js";

/** Whether the apps of the projects on this device may still make their calls. */
export function checkProjects(
  projects: readonly Project[],
  slots: readonly KeySlot[],
  url: string,
): Finding[] {
  return projects.flatMap((project) =>
    project.slots
      // Another service has other slots.
      .filter((slot) => slot.url === url)
      .map(({ slug, appId, bundle }) => {
        const check = `app ${appId}`;
        const { slotId, slotVersion } = parseBundle(bundle);
        const slot = slots.find(({ id }) => id === slotId);
        const newKey =
          `put a key of ${slug} in the place of its placeholder in ${project.folder}, and run ` +
          "`vaultproof init` there";
        // Projects of this device are given the new bundle by themselves.
        const newBundle = `vaultproof apps grant ${slotId} ${appId}`;
        if (slot === undefined)
          return broken(check, `${slug}: the server knows no key slot ${slotId}`, newKey);
        if (slot.status === "revoked") {
          return broken(check, `${slug}: its key slot ${slotId} was revoked`, newKey);
        }
        if (!slot.appGrants.some((grant) => grant.appId === appId)) {
          return broken(
            check,
            `${slug}: the app was revoked in ${slotId}`,
            `to let it call again: ${newBundle}`,
          );
        }
        if (slot.version !== slotVersion) {
          const remedy = `${newBundle} gives it a new one`;
          return broken(check, `${slug}: its bundle is older than its key slot, which was rotated`, remedy);
        }
        return ok(check, `${slug}: may use ${slotId}`);
      }),
  );
}
