import { readFile } from "node:fs/promises";
import { CliError } from "../errors.js";

/** The text of a file that holds one secret, without its last line end. @throws CliError `input-invalid`. */
export async function readSecretFile(path: string, what: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new CliError("input-invalid", `${what} cannot be read`, { cause });
  }
}
