import { fileURLToPath } from "node:url";
import t from "tap";
import { startChild } from "../../helpers/child-process.js";
import { readFolder } from "../../helpers/device.js";
import { listenFor } from "../../helpers/listening-fake.js";
import { CANARY_KEY, createMemoryVault } from "../../helpers/memory-vault.js";

const SCRIPT = fileURLToPath(new URL("../../helpers/rotate-and-die.js", import.meta.url));
const NEXT_KEY = "sk-next-canary-77aa01";
/** More than a rotation makes; the test says when it stops dying. */
const MOST_CHANGES = 20;

void t.test("a rotation that is killed before any change of its state loses nothing", async (t) => {
  const memory = await createMemoryVault(t);
  const { service, stateDir, developerKey } = memory;
  const url = await listenFor(t, service);
  // Registered there beforehand, so that the changes are those of the rotation.
  const vault = await memory.openVault({ url, fetch: globalThis.fetch, serverIdentity: service.identity() });
  const sharesOf = async (keySlotId: string) =>
    // A write that was broken off leaves its draft under another name, encrypted as the file would be.
    [...(await readFolder(stateDir)).keys()].filter(
      (name) => name.includes(`share-${keySlotId}`) && name.endsWith(".vps"),
    );
  const seen: string[] = [];
  let survived = false;
  for (let dieAt = 1; dieAt <= MOST_CHANGES && !survived; dieAt++) {
    const { keySlotId } = await vault.keys.store({
      ...{ apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["my-app"] },
    });
    const env = {
      ...{ SERVICE_URL: url, STATE_DIR: stateDir, DEVELOPER_KEY: developerKey, SLOT: keySlotId, NEXT_KEY },
      ...{ SERVER_IDENTITY: service.identity(), DIE_AT: String(dieAt) },
    };
    const child = startChild(SCRIPT, { env });
    const { signal } = await child.ended;
    survived = child.output().includes("rotated after");
    if (!survived) t.equal(signal, "SIGKILL", child.output());
    const version = service.state.slots.get(keySlotId)?.version ?? 1;
    const key = version === 2 ? NEXT_KEY : CANARY_KEY;
    seen.push(`${dieAt}: version ${version}, ${(await sharesOf(keySlotId)).length} shares`);

    const restarted = await memory.openVault();
    await restarted.apps.grant(keySlotId, "later");
    const { bundles } = await restarted.keys.refresh(keySlotId);
    for (const one of [bundles["my-app"], bundles.later]) {
      const app = await memory.openApp(one ?? "");
      t.equal((await app.fetch("/v1/models")).status, 200, `${dieAt}`);
      t.equal(service.state.executed.at(-1)?.key, key);
    }
    t.equal((await sharesOf(keySlotId)).length, 1, "nothing is left over");
  }
  t.comment(seen.join("; "));
  t.ok(survived, "until there was nothing more to die at");
  t.match(seen.join(), /version 1/, "before the server did it");
  t.match(seen.join(), /version 2/, "and after");
});
