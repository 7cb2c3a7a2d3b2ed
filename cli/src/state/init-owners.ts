import { readdir } from "node:fs/promises";
import * as z from "zod";
import { readJsonFile, type ConfigFolder } from "./config-folder.js";

/** Of a record of `init` (init/record.ts), what says whose it is. */
const ownerSchema = z.object({
  /** 16 hex digits, with which the ids of its projects begin. */
  id: z.string(),
  developerId: z.string(),
  url: z.string(),
});

export type InitOwner = z.infer<typeof ownerSchema>;

/** Whose the projects are that `init` made on this device. @throws CliError `state-unreadable`. */
export async function initOwners(folder: ConfigFolder): Promise<InitOwner[]> {
  const names = await readdir(folder.file("init")).catch((): string[] => []);
  const owners = await Promise.all(
    names
      .filter((name) => /^[0-9a-f]{16}\.json$/.test(name))
      .sort()
      .map((name) => readJsonFile(folder.file("init", name), (value) => ownerSchema.parse(value))),
  );
  return owners.filter((owner) => owner !== undefined);
}

/** The developer who made a project; undefined where nothing on this device says it. */
export function ownerOf(owners: readonly InitOwner[], projectId: string): string | undefined {
  return owners.find(({ id }) => projectId === id || projectId.startsWith(`${id}-`))?.developerId;
}
