import { KEY_SLOT_ID } from "@vaultproof/protocol/identifiers";
import { CliError } from "../errors.js";

/**
 * Takes an argument for a key slot's id, before anything else is done or said.
 *
 * @throws CliError `input-invalid`; never repeats the argument, which may be a key in the wrong place.
 */
export function readSlotId(argument: string): string {
  if (KEY_SLOT_ID.test(argument)) return argument;
  throw new CliError("input-invalid", "what is given for the key slot is not the id of one", {
    hint: "it looks like 4e306e54-9f70-4b16-af31-98fdda1165c5; vaultproof keys list shows them",
  });
}
