import { parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import t from "tap";
import { createMemoryVault, temporaryFolder } from "../../helpers/memory-vault.js";

void t.test("an app's bundle is made again from this device's state", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId, bundle } = await memory.openStoredApp();
  t.equal(
    await vault.apps.bundle(keySlotId, "my-app"),
    bundle,
    "as it was given out when the key was stored",
  );
  const { bundle: granted } = await vault.apps.grant(keySlotId, "my-app");
  t.equal(await vault.apps.bundle(keySlotId, "my-app"), granted, "granted again");
  t.not(granted, bundle);
  const { bundles } = await vault.keys.refresh(keySlotId);
  const refreshed = await vault.apps.bundle(keySlotId, "my-app");
  t.equal(refreshed, bundles["my-app"], "with the slot's present share");
  t.equal((await (await memory.openApp(refreshed)).fetch("/v1/models")).status, 200);

  await t.rejects(vault.apps.bundle(keySlotId, "another"), { code: "state-missing", keySlotId });
  await t.rejects(vault.apps.bundle(crypto.randomUUID(), "my-app"), { code: "state-missing" });
  await t.rejects(vault.apps.bundle("no slot", "my-app"), { code: "invalid-argument" });
  await vault.apps.revoke(keySlotId, "my-app");
  await t.rejects(vault.apps.bundle(keySlotId, "my-app"), { code: "state-missing" }, "revoked");
  const elsewhere = await memory.openVault({ stateDir: await temporaryFolder(t) });
  await t.rejects(elsewhere.apps.bundle(keySlotId, "my-app"), { code: "state-missing" }, "another device");
});

void t.test("a vault's key may be another's, who wipes it", async (t) => {
  const memory = await createMemoryVault(t);
  const { secret, kind } = parseDeveloperKey(memory.developerKey);
  let isWiped = false;
  const key = {
    kind,
    get secret() {
      if (isWiped) throw new RangeError("wiped");
      return secret;
    },
  };
  const vault = await memory.openVault({ developerKey: key });
  t.same(await vault.keys.list(), []);
  const held = secret.slice();
  isWiped = true;
  const requests = memory.service.state.executed.length;
  await t.rejects(vault.keys.list(), /wiped/, "nothing is signed under another key");
  t.equal(memory.service.state.executed.length, requests);
  isWiped = false;
  await vault.close();
  await t.rejects(vault.keys.list(), { code: "closed" });
  t.same(secret, held, "what is another's is not overwritten");
});

void t.test("close lets what is under way come to its end", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const underWay = vault.keys.store({ apiKey: "sk-1", provider: "openai", label: "a", apps: ["my-app"] });
  await vault.close();
  const { keySlotId, bundles } = await underWay;
  const again = await memory.openVault();
  t.equal(await again.apps.bundle(keySlotId, "my-app"), bundles["my-app"]);
});
