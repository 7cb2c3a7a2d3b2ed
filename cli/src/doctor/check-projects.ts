import { existsSync } from "node:fs";
import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { parseBundle } from "@vaultproof/protocol/bundle";
import type { Project, ProjectSlot } from "../projects/project.js";
import { ownerOf, type InitOwner } from "../state/init-owners.js";
import { broken, ok, skipped, type Finding } from "./finding.js";

/** What the checks of projects know besides them. */
export interface AroundProjects {
  /** All slots of the developer who is logged in. */
  readonly slots: readonly KeySlot[];
  /** Origin of the service. */
  readonly url: string;
  readonly developerId?: string | undefined;
  /** Whose the projects are. */
  readonly owners?: readonly InitOwner[];
  readonly folderExists?: (folder: string) => boolean;
}

/** Whether the apps of the projects on this device may still make their calls. */
export function checkProjects(projects: readonly Project[], around: AroundProjects): Finding[] {
  const { url, folderExists = existsSync } = around;
  return projects.flatMap((project) => {
    // Another service has other slots.
    const slots = project.slots.filter((slot) => slot.url === url);
    if (slots.length > 0 && !folderExists(project.folder)) return [checkLost(project)];
    return slots.map((slot) => checkSlot(project, slot, around));
  });
}

function checkLost({ id, folder, slots }: Project): Finding {
  const apps = [...new Set(slots.map(({ appId }) => appId))].join(", ");
  return broken(
    `app ${apps}`,
    `its folder is gone: ${folder}`,
    `bring it back, or forget the project: vaultproof projects remove ${id}`,
  );
}

function checkSlot(project: Project, { slug, appId, bundle }: ProjectSlot, around: AroundProjects): Finding {
  const check = `app ${appId}`;
  const { slotId, slotVersion } = parseBundle(bundle);
  const slot = around.slots.find(({ id }) => id === slotId);
  const newKey =
    `put a key of ${slug} in the place of its placeholder in ${project.folder}, and run ` +
    `\`vaultproof init\` there; if it is not used any more: vaultproof projects remove ${project.id}`;
  // Projects of this device are given the new bundle by themselves.
  const newBundle = `vaultproof apps grant ${slotId} ${appId}`;
  if (slot === undefined) {
    const owner = ownerOf(around.owners ?? [], project.id);
    if (owner !== undefined && owner !== around.developerId) {
      return skipped(
        check,
        `${slug}: belongs to the developer ${owner}: vaultproof login --developer ${owner}`,
      );
    }
    return broken(check, `${slug}: the server knows no key slot ${slotId}`, newKey);
  }
  if (slot.status === "revoked") {
    return broken(check, `${slug}: its key slot ${slotId} was revoked`, newKey);
  }
  if (!slot.appGrants.some((grant) => grant.appId === appId)) {
    return broken(check, `${slug}: the app was revoked in ${slotId}`, `to let it call again: ${newBundle}`);
  }
  if (slot.version !== slotVersion) {
    const remedy = `${newBundle} gives it a new one`;
    return broken(check, `${slug}: its bundle is older than its key slot, which was rotated`, remedy);
  }
  return ok(check, `${slug}: may use ${slotId}`);
}
