import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// The whole job as a developer and an app do it: through the SDK, an edge and a server that are processes of their own.

const skip = findReferenceString() === undefined && noReferenceString;
const REFUSED = { error: "Invalid ZK proof", reason: "Proof verification failed" };

void t.test("on pglite", { skip }, (t) => wholeJob(t, "pglite"));
void t.test("on postgres", { skip: skip || (await postgresSkipReason()) }, (t) => wholeJob(t, "postgres"));

async function wholeJob(t: Test, database: "pglite" | "postgres"): Promise<void> {
  const stack = await startStack({ database });
  t.teardown(() => stack.close());
  const { edgeUrl: url, provider } = stack;
  const vault = await openVault(t, stack);
  const stored = await storeProviderKey(vault, stack, ["first", "second"]);
  const { keySlotId } = stored;
  const [first = "", second = ""] = stored.bundles;
  const app = await openApp(t, { url, bundle: first });

  await t.test("a call gets the provider's answer, and the provider its key", async (t) => {
    const response = await app.fetch("/v1/models?limit=1", { headers: { accept: "application/json" } });
    t.match(
      { status: response.status, source: response.headers.get("vp-source") },
      { status: 200, source: "upstream" },
    );
    t.strictSame(await response.json(), { method: "GET", url: "/v1/models?limit=1", bytes: 0 });
    const [seen, ...others] = provider.requests;
    t.strictSame(others, []);
    t.match(seen, { authorised: true, method: "GET", url: "/v1/models?limit=1" });
    t.equal(seen?.headers.accept, "application/json");
  });

  await t.test("a body arrives byte for byte", async (t) => {
    const body = Buffer.from([0, 255, 10, 13, 34, 92, 226, 130, 172]);
    const response = await app.fetch(`${provider.origin}/v1/files`, {
      method: "PUT",
      body,
      headers: { "content-type": "application/octet-stream" },
    });
    t.equal(response.status, 200);
    t.equal(provider.requests.at(-1)?.body.toString("hex"), body.toString("hex"));
    t.equal(provider.requests.at(-1)?.headers["content-type"], "application/octet-stream");
  });

  await t.test("an answer streams: its beginning arrives while its end is not written yet", async (t) => {
    let finish = (): void => undefined;
    provider.respond((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: begin\n\n");
      finish = () => void response.end("data: end\n\n");
    });
    const response = await app.fetch("/v1/chat/completions", { method: "POST", body: '{"stream":true}' });
    provider.respond(undefined);
    t.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body?.getReader();
    t.equal(text(await reader?.read()), "data: begin\n\n");
    finish();
    t.equal(text(await reader?.read()), "data: end\n\n");
    t.match(await reader?.read(), { done: true });
  });

  await t.test("the provider's own refusal passes through", async (t) => {
    provider.respond((_request, response) => {
      response.writeHead(429, { "retry-after": "7", "set-cookie": "a=b" }).end("slow down");
    });
    const response = await app.fetch("/v1/models");
    provider.respond(undefined);
    t.equal(response.status, 429);
    t.equal(await response.text(), "slow down");
    t.equal(response.headers.get("retry-after"), "7");
    t.equal(response.headers.get("vp-source"), "upstream");
    t.equal(response.headers.get("set-cookie"), null, "cookies never pass");
  });

  await t.test("list names the slot and its apps", async (t) => {
    const slots = await vault.keys.list();
    t.match(slots, [{ id: keySlotId, provider: "custom", status: "active", version: 1 }]);
    t.strictSame(slots[0]?.appGrants.map(({ appId }) => appId).sort(), ["first", "second"]);
  });

  await t.test("an app that is granted later calls, and those before it go on", async (t) => {
    const { bundle } = await vault.apps.grant(keySlotId, "third", { methods: ["GET"] });
    const third = await openApp(t, { url, bundle });
    t.equal((await third.fetch("/v1/models")).status, 200);
    const refused = await third.fetch("/v1/models", { method: "DELETE" });
    t.equal(refused.status, 403, "its restriction holds");
    t.match(await refused.json(), { error: "App not authorized" });
    t.equal((await app.fetch("/v1/models")).status, 200, "by a fresh path: the slot's root has changed");
  });

  await t.test("a revoked app is refused, the others are not", async (t) => {
    await vault.apps.revoke(keySlotId, "first");
    const calls = provider.requests.length;
    const refused = await app.fetch("/v1/models");
    t.equal(refused.status, 403);
    t.strictSame(await refused.json(), REFUSED);
    t.equal(provider.requests.length, calls);
    const other = await openApp(t, { url, bundle: second });
    t.equal((await other.fetch("/v1/models")).status, 200);
  });

  await t.test("a revoked key is gone for good", async (t) => {
    const other = await openApp(t, { url, bundle: second });
    t.equal((await other.fetch("/v1/models")).status, 200);
    await vault.keys.revoke(keySlotId);
    const calls = provider.requests.length;
    const refused = await other.fetch("/v1/models");
    t.equal(refused.status, 403);
    t.strictSame(await refused.json(), REFUSED);
    t.equal(provider.requests.length, calls);
    t.match(await vault.keys.list(), [{ id: keySlotId, status: "revoked" }]);
    await t.rejects(vault.apps.grant(keySlotId, "fourth"), "nothing is granted on it any more");
  });

  t.ok(
    provider.requests.every(({ authorised }) => authorised),
    "the provider was never sent a wrong key",
  );
}

function text(piece: { readonly value?: unknown } | undefined): string {
  return Buffer.from(piece?.value as Uint8Array).toString();
}
