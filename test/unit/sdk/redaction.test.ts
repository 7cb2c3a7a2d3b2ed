import { inspect } from "node:util";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { toBase64 } from "@vaultproof/protocol/encoding";
import t from "tap";
import { createMemoryVault } from "../../helpers/memory-vault.js";

void t.test("clients show no secret, however they are printed", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId, bundle } = await memory.openStoredApp();
  const { share2, slotSecret, appSecret } = parseBundle(bundle);
  const secrets = [
    memory.developerKey,
    bundle,
    toBase64(share2),
    Buffer.from(share2).toString("hex"),
    String(slotSecret),
    slotSecret.toString(16),
    String(appSecret),
    appSecret.toString(16),
  ];
  for (const client of [vault, app]) {
    const shown = [
      inspect(client, { depth: 10, showHidden: true, customInspect: false }),
      inspect(client, { depth: 10 }),
      inspect({ nested: [client] }, { depth: 10 }),
      JSON.stringify(client),
      // eslint-disable-next-line @typescript-eslint/no-base-to-string -- what it becomes is the question
      String(client),
    ].join("\n");
    t.match(shown, memory.service.url);
    for (const secret of secrets) t.notOk(shown.includes(secret));
  }
  t.match(JSON.parse(JSON.stringify(app)), { type: "VaultProofApp", appId: "my-app", keySlotId });
});

void t.test("errors show no secret", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const cut = bundle.slice(0, -6);
  const error: unknown = await memory.openApp(cut).catch((cause: unknown) => cause);
  t.notOk(inspect(error, { depth: 10 }).includes(cut.slice(4, 40)));
});
