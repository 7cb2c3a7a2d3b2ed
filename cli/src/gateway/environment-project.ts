import { CliError } from "../errors.js";
import type { Environment } from "../environment.js";
import { bundlesFromEnvironment } from "../projects/bundles-from-environment.js";
import { GATEWAY_TOKEN, gatewayTokenDigest, newGatewayToken } from "../projects/gateway-token.js";
import { servedProjects, type ServedProject } from "./served-projects.js";

/** What a gateway serves beside the projects that are kept. */
export interface EnvironmentProject {
  readonly project: ServedProject;
  /** The token to show, once; undefined where `VAULTPROOF_GATEWAY_TOKEN` gives it. */
  readonly newToken: string | undefined;
}

/**
 * The bundles of `VAULTPROOF_BUNDLE` as a project under a token of its own: that of `VAULTPROOF_GATEWAY_TOKEN`, or a new
 * one that ends with the gateway.
 *
 * @param options.folder what the project is shown with.
 * @param options.apps names of apps that may be used; empty: whichever there is.
 * @returns undefined where there are no bundles, or none of those apps.
 * @throws CliError `bundle-invalid`, `configuration-invalid`, `app-unclear`.
 */
export function environmentProject(
  env: Environment,
  options: { readonly folder: string; readonly apps: readonly string[] },
): EnvironmentProject | undefined {
  const { folder, apps } = options;
  const slots = bundlesFromEnvironment(env);
  if (slots === undefined) return undefined;
  const given = givenToken(env);
  const token = given ?? newGatewayToken();
  const tokenDigest = gatewayTokenDigest(token);
  const [project] = servedProjects([{ id: "environment", folder, tokenDigest, slots }], apps);
  if (project === undefined) return undefined;
  return { project, newToken: given === undefined ? token : undefined };
}

function givenToken(env: Environment): string | undefined {
  const token = (env.VAULTPROOF_GATEWAY_TOKEN ?? "").trim();
  if (token === "") return undefined;
  if (token.match(GATEWAY_TOKEN)?.[0] === token) return token;
  // Something shorter could be guessed by whoever else is on the machine.
  throw new CliError(
    "configuration-invalid",
    "VAULTPROOF_GATEWAY_TOKEN is vpg_ and 43 characters of base64url",
    {
      hint: `make one with: echo "vpg_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')"`,
    },
  );
}

/**
 * Refuses a token that a kept project has too: requests with it would be nobody's.
 *
 * @throws CliError `configuration-invalid`
 */
export function assertOwnToken({ project }: EnvironmentProject, kept: readonly ServedProject[]): void {
  const other = kept.find(({ tokenDigest }) => tokenDigest === project.tokenDigest);
  if (other === undefined) return;
  throw new CliError(
    "configuration-invalid",
    `VAULTPROOF_GATEWAY_TOKEN is the token of the project in ${other.folder}; give another one`,
  );
}
