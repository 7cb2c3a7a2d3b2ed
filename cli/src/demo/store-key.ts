import type { VaultProof } from "@vaultproof/sdk";
import { CliError } from "../errors.js";
import { containsKey } from "./key-search.js";
import { APP_ID, type Play } from "./play.js";
import { showJson } from "./shorten.js";

const STORE_PATH = "/api/v1/keys/store";

/** Stores the key and shows what that sent. */
export async function storeKey(
  { terminal, verdict, tap, scene }: Play,
  vault: VaultProof,
): Promise<{ keySlotId: string; bundle: string }> {
  const { apiKey, destination } = scene;
  const { value, took } = await terminal.timed("splitting and storing", () =>
    vault.keys.store({ apiKey, ...destination, label: "demo", apps: [APP_ID] }),
  );
  const { body } = tap.last(STORE_PATH);
  const shown = showJson(JSON.parse(body));
  terminal.good(`stored as ${value.keySlotId} (${took})`);
  terminal.text(`This is all that left the device, as the body of POST ${STORE_PATH}:`);
  terminal.blank();
  terminal.text(shown.text);
  terminal.blank();
  if (shown.shortened) {
    terminal.note(
      "Long hex is shortened in the middle here, its true length in place of the rest; nothing else is.",
    );
  }
  verdict.holds(!containsKey(body, apiKey), "the key is not in it: not as text, not in hex, not in base64");

  const bundle = value.bundles[APP_ID];
  if (bundle === undefined) throw new CliError("sdk-failed", `the SDK gave no bundle for ${APP_ID}`);
  return { keySlotId: value.keySlotId, bundle };
}
