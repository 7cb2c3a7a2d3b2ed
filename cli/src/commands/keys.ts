import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { registerKeysList } from "./keys-list.js";
import { registerKeysRevoke } from "./keys-revoke.js";
import { registerKeysRefresh, registerKeysRotate } from "./keys-rotate.js";
import { registerKeysStore } from "./keys-store.js";
import { registerKeysTest } from "./keys-test.js";

/** `vaultproof keys …`. */
export function registerKeys(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("store providers' keys, see them, test them, end them");
  registerKeysList(keys, context);
  registerKeysStore(keys, context);
  registerKeysTest(keys, context);
  registerKeysRotate(keys, context);
  registerKeysRefresh(keys, context);
  registerKeysRevoke(keys, context);
}
