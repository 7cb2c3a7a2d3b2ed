import { chooseApps } from "../projects/choose-apps.js";
import type { Project, ProjectSlot, ProjectStore } from "../projects/project.js";

/** A project as the gateway serves it: one app for each slug. */
export interface ServedProject {
  readonly folder: string;
  /** SHA-256 of its token, 64 hex digits. */
  readonly tokenDigest: string;
  readonly slots: ReadonlyMap<string, ProjectSlot>;
}

/** Where the gateway learns whom it serves. */
export interface ProjectSource {
  current(): Promise<readonly ServedProject[]>;
}

/** Seconds are short for a person who has just run `init`, and long for a program. */
const FRESH_MS = 2_000;

/** The same projects all the time. */
export function fixedProjects(projects: readonly ServedProject[]): ProjectSource {
  return { current: () => Promise.resolve(projects) };
}

/** Those of a source, and behind them some that never change. */
export function withFixed(source: ProjectSource, fixed: readonly ServedProject[]): ProjectSource {
  return { current: async () => [...(await source.current()), ...fixed] };
}

/**
 * The projects of a store, read again every few seconds while there are requests: one that is added, changed or deleted
 * needs no restart. A store that cannot be read for a while leaves what is known in force.
 *
 * @param options.apps names of apps that may be used; empty: whichever there is.
 * @throws CliError when the first reading fails, or leaves it open which app to use.
 */
export async function storedProjects(options: {
  readonly store: Pick<ProjectStore, "list">;
  readonly apps: readonly string[];
  readonly onChange?: (projects: readonly ServedProject[]) => void;
  readonly now?: () => number;
}): Promise<ProjectSource> {
  const { store, apps, onChange, now = () => performance.now() } = options;
  const read = async (): Promise<readonly ServedProject[]> => servedProjects(await store.list(), apps);
  let latest = await read();
  let readAt = now();
  let reading: Promise<void> | undefined;
  const refresh = async (): Promise<void> => {
    try {
      latest = await read();
      onChange?.(latest);
    } catch {
      // Said again when it is read at the next start; calls go on meanwhile.
    } finally {
      readAt = now();
      reading = undefined;
    }
  };
  return {
    async current() {
      if (now() - readAt > FRESH_MS) await (reading ??= refresh());
      return latest;
    },
  };
}

/**
 * Projects with the apps that may be used; those that have none of them are left out.
 *
 * @throws CliError `app-unclear`
 */
export function servedProjects(projects: readonly Project[], apps: readonly string[]): ServedProject[] {
  const usable = projects.filter(
    ({ slots }) => apps.length === 0 || slots.some(({ appId }) => apps.includes(appId)),
  );
  return usable
    .filter(({ slots }) => slots.length > 0)
    .map(({ folder, tokenDigest, slots }) => ({ folder, tokenDigest, slots: chooseApps(slots, apps) }));
}
