import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { GATEWAY_TOKEN, gatewayTokenDigest } from "../projects/gateway-token.js";
import { openProjectStore } from "../projects/open-project-store.js";
import type { EnvFile } from "./find-env-files.js";

/**
 * For a folder that has no record: its files may hold placeholders of a project that was made elsewhere, because the folder
 * was moved, renamed or copied.
 *
 * @returns the error that says so; undefined where there are none.
 */
export async function projectElsewhere(
  context: CommandContext,
  folder: string,
  files: readonly EnvFile[],
): Promise<CliError | undefined> {
  const tokens = files.flatMap(({ text }) => text.match(GATEWAY_TOKEN) ?? []);
  if (tokens.length === 0) return undefined;
  const digests = new Set(tokens.map(gatewayTokenDigest));
  const project = (await openProjectStore(context).list()).find(({ tokenDigest }) =>
    digests.has(tokenDigest),
  );
  // Within the project's own folder they are where they belong.
  if (project === undefined || !relative(project.folder, folder).startsWith("..")) return undefined;
  const home = project.folder;
  const hint = existsSync(home)
    ? "run it there"
    : `move this folder back to ${home} and run \`vaultproof init --undo\` there; then it may be moved, and \`vaultproof init\` run anew`;
  const message = `the files hold placeholders of the project in ${home}, which is another folder`;
  return new CliError("project-elsewhere", message, { hint });
}
