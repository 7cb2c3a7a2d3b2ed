import { LIMITS } from "@vaultproof/protocol/limits";
import { CliError } from "../errors.js";
import type { Environment } from "../environment.js";

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * `BODY_LIMIT`, as server and edge read it: bytes that a call may carry for the provider.
 *
 * @throws CliError `configuration-invalid`
 */
export function readBodyLimit(env: Environment): number {
  const text = env.BODY_LIMIT?.trim() ?? "";
  if (text === "") return LIMITS.defaultBodyBytes;
  const bytes = Number(text);
  if (!/^[0-9]+$/.test(text) || bytes < 1 || bytes > MAX_BODY_BYTES) {
    throw new CliError(
      "configuration-invalid",
      `BODY_LIMIT must be a whole number from 1 to ${MAX_BODY_BYTES}`,
    );
  }
  return bytes;
}
