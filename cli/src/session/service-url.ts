import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { DEFAULT_URL, type Profile } from "../state/profile.js";

/** The option by which every command that talks to the service is told where it is. */
export interface UrlOption {
  readonly url?: string | undefined;
}

/** `--url`, else `VAULTPROOF_URL`, else what `login` was given, else where `vaultproof up` listens. */
export function serviceUrl(
  { env }: CommandContext,
  options: UrlOption,
  profile: Profile | undefined,
): string {
  const variable = env.VAULTPROOF_URL?.trim() ?? "";
  const text = options.url ?? (variable === "" ? (profile?.url ?? DEFAULT_URL) : variable);
  return originOf(text, options.url === undefined ? "VAULTPROOF_URL" : "--url");
}

/** @throws CliError `input-invalid` for what is no origin. */
export function originOf(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const whole = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/";
  if (!whole || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new CliError("input-invalid", `${name} is the service's origin, such as https://vault.example.com`);
  }
  return url.origin;
}
