import { VaultProof, VaultProofError } from "@vaultproof/sdk";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { serviceUrl, type UrlOption } from "../session/service-url.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { initOwners } from "../state/init-owners.js";
import { checkNode } from "./check-node.js";
import { checkProjects } from "./check-projects.js";
import { checkProver } from "./check-prover.js";
import { checkService } from "./check-service.js";
import { checkState, type StateOnDevice } from "./check-state.js";
import { broken, ok, skipped, type Finding } from "./finding.js";

/** Looks at everything that a call needs, in the order in which a call needs it. */
export async function examine(context: CommandContext, options: UrlOption): Promise<Finding[]> {
  const folder = configFolder(context.env);
  const { findings: own, state } = await checkState(context, folder);
  const url = serviceUrl(context, options, state.profile);
  const pin = url === state.profile?.url ? state.profile.serverIdentity : undefined;
  const { findings: service, reachable } = await checkService({
    url,
    pin,
    loggedIn: state.profile?.developerId !== undefined,
  });
  const developer = reachable
    ? await checkDeveloper(context, { folder, state, url, pin })
    : [skipped("developer", "the service gives no answer")];
  return [
    checkNode(process.versions.node),
    ...own,
    ...service,
    ...developer,
    ...(await checkProver(reachable ? url : undefined)),
  ];
}

async function checkDeveloper(
  context: CommandContext,
  about: {
    readonly folder: ConfigFolder;
    readonly state: StateOnDevice;
    readonly url: string;
    readonly pin: string | undefined;
  },
): Promise<Finding[]> {
  const { folder, state, url, pin } = about;
  const { developerKey, secrets } = state;
  if (developerKey === undefined || secrets === undefined)
    return [skipped("developer", "there is no developer key")];
  // An unpinned server was named already; opening a client would pin it.
  if (pin === undefined) return [skipped("developer", "no identity is pinned")];
  try {
    const vault = await VaultProof.open({
      url,
      developerKey,
      serverIdentity: pin,
      stateDir: folder.stateDir,
      onWarning: () => undefined,
    });
    const slots = await vault.keys.list();
    await vault.close();
    const active = slots.filter(({ status }) => status === "active").length;
    const projects = await openProjectStore(context, secrets).list();
    return [
      ok("developer", `the server takes its signature; ${active} active key slots`),
      ...checkProjects(projects, {
        slots,
        url,
        developerId: state.profile?.developerId,
        owners: await initOwners(folder),
      }),
    ];
  } catch (error) {
    if (error instanceof VaultProofError) return [broken("developer", error.message, remedyOf(error))];
    if (error instanceof CliError) return [broken("projects", error.message, remedyOfProjects(folder))];
    throw error;
  }
}

function remedyOfProjects(folder: ConfigFolder): string {
  return (
    `bring ${folder.file("projects")} back from a backup, or remove the file and run \`vaultproof init --undo\`, ` +
    "then `vaultproof init`, where its placeholders are"
  );
}

function remedyOf({ code }: VaultProofError): string {
  if (code === "state-damaged")
    return "restore the device's state from a backup, or vaultproof recovery restore";
  if (code === "document-expired")
    return "see `clock`; if it is right, what answers is not the server itself: ask its operator";
  if (code === "identity-changed") return "see `identity`";
  if (code === "unauthorized") return "see `clock`; if it is right, the server is closed to new developers";
  return "ask whoever runs the server, with this message";
}
