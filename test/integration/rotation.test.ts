import { parseBundle } from "@vaultproof/protocol/bundle";
import t from "tap";
import { INVALID_PROOF, openCallMaker, openProver, sendCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

const skip = findReferenceString() === undefined && noReferenceString;

void t.test("rotation and refresh, seen from outside", { skip }, async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const { edgeUrl, provider } = stack;
  const prover = await openProver(edgeUrl);
  t.teardown(() => prover.close());
  const vault = await openVault(t, stack);
  const { keySlotId, bundles } = await storeProviderKey(vault, stack, ["my-app", "other-app"]);
  const first = { mine: bundles[0] ?? "", other: bundles[1] ?? "" };
  const call = async (bundle: string) => {
    const app = await openApp(t, { url: edgeUrl, bundle, prover });
    const answer = await app.fetch("/v1/models");
    return { status: answer.status, source: answer.headers.get("vp-source"), body: await answer.json() };
  };
  const sentKey = () => provider.requests.at(-1)?.headers.authorization;
  const refused = { ...INVALID_PROOF, source: "vaultproof" };

  t.match(await call(first.mine), { status: 200, source: "upstream" });
  const stolen = await openCallMaker({ edgeUrl, bundle: first.mine, prover });
  const beforeRefresh = await stolen.make(1);

  const refreshed = await vault.keys.refresh(keySlotId);
  await t.test("after a refresh the new bundles work with the same key, the old ones are dead", async (t) => {
    const seen = provider.requests.length;
    t.match(await call(first.mine), refused);
    t.match(await call(first.other), refused);
    for (const made of beforeRefresh) t.match(await sendCall(edgeUrl, made), INVALID_PROOF, "on its way");
    t.equal(provider.requests.length, seen, "and never reach the provider");
    t.match(await call(refreshed.bundles["my-app"] ?? ""), { status: 200, source: "upstream" });
    t.equal(sentKey(), `Bearer ${provider.key}`);
    t.match(await call(refreshed.bundles["other-app"] ?? ""), { status: 200, source: "upstream" });
  });

  await t.test("a share 2 that was stolen before the refresh rebuilds nothing", async (t) => {
    const { share2 } = parseBundle(first.mine);
    const maker = await openCallMaker({ edgeUrl, bundle: refreshed.bundles["my-app"] ?? "", prover });
    const seen = provider.requests.length;
    for (const made of await maker.make(1, "sealed", share2)) {
      t.match(await sendCall(edgeUrl, made), {
        status: 422,
        body: { error: "Key reconstruction failed" },
      });
    }
    t.equal(provider.requests.length, seen);
  });

  await t.test("after a rotation the provider sees the new key, for every app", async (t) => {
    const rotated = await vault.keys.rotate(keySlotId, { apiKey: "sk-the-next-key" });
    t.same(Object.keys(rotated.bundles).sort(), ["my-app", "other-app"]);
    t.match(await call(refreshed.bundles["my-app"] ?? ""), refused);
    for (const bundle of Object.values(rotated.bundles)) {
      t.match(await call(bundle), { status: 401, source: "upstream" });
      t.equal(sentKey(), "Bearer sk-the-next-key");
    }
    t.match(await vault.keys.list(), [{ id: keySlotId, version: 3 }]);
    await vault.keys.rotate(keySlotId, { apiKey: provider.key });
    const { bundle } = await vault.apps.grant(keySlotId, "third-app");
    t.match(await call(bundle), { status: 200, source: "upstream" }, "an app that is granted afterwards");
    await vault.keys.revoke(keySlotId);
    await t.rejects(vault.keys.rotate(keySlotId, { apiKey: "sk-late" }), { code: "state-missing" });
  });
});
