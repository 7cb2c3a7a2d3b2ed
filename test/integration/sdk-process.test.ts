import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { temporaryFolder } from "../helpers/memory-vault.js";
import {
  findReferenceString,
  noReferenceString,
  referenceStringFolder,
} from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// What of the SDK shows only from outside its process, or over real sockets.

const skip = findReferenceString() === undefined && noReferenceString;
const SCRIPT = fileURLToPath(new URL("../helpers/one-call.js", import.meta.url));
const run = promisify(execFile);

void t.test("over the real stack", { skip }, async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());

  for (const backend of ["native", "wasm"] as const) {
    await t.test(`a script that closes nothing ends by itself, ${backend}`, async (t) => {
      const env = {
        PATH: process.env.PATH,
        HOME: await temporaryFolder(t),
        CRS_PATH: referenceStringFolder,
        VAULTPROOF_URL: stack.edgeUrl,
        SERVER_IDENTITY: stack.identity,
        PROVIDER_URL: stack.provider.origin,
        API_KEY: stack.provider.key,
        STATE_DIR: await temporaryFolder(t),
        CACHE_FOLDER: await temporaryFolder(t),
        BACKEND: backend,
      };
      const { stdout, stderr } = await run(process.execPath, [SCRIPT], { env });
      t.equal(stdout, "answered 200\n", "and bb.js wrote nothing in between");
      t.equal(stderr, "");
    });
  }

  await t.test("an abort while the provider is answering reaches the provider", async (t) => {
    const vault = await openVault(t, stack);
    const { bundles } = await storeProviderKey(vault, stack);
    const app = await openApp(t, { url: stack.edgeUrl, bundle: bundles[0] ?? "" });
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      stack.provider.respond((_, response) => {
        void once(response, "close").then(() => resolve());
        response.writeHead(200, { "content-type": "text/event-stream" }).write("data: begin\n\n");
      });
    });
    const response = await app.fetch("/v1/chat/completions", {
      method: "POST",
      body: "{}",
      signal: controller.signal,
    });
    const reader = response.body?.getReader();
    t.notOk((await reader?.read())?.done);
    controller.abort();
    await t.rejects(
      async () => {
        await reader?.read();
      },
      { name: "AbortError" },
    );
    await closed;
    stack.provider.respond(undefined);
  });

  await t.test("an abort before the provider answers rejects the call", async (t) => {
    const vault = await openVault(t, stack);
    const { bundles } = await storeProviderKey(vault, stack);
    const app = await openApp(t, { url: stack.edgeUrl, bundle: bundles[0] ?? "" });
    const controller = new AbortController();
    stack.provider.respond(() => controller.abort(new Error("enough")));
    await t.rejects(app.fetch("/v1/models", { signal: controller.signal }), new Error("enough"));
    stack.provider.respond(undefined);
  });
});
