import { dirname } from "node:path";
import type { Project } from "./project.js";

/** The project of a folder: its own, or that of the nearest folder around it. */
export function findProject(projects: readonly Project[], folder: string): Project | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = projects.find((project) => project.folder === at);
    if (found !== undefined || dirname(at) === at) return found;
  }
}
