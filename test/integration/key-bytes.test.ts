import { createNodeProver } from "@vaultproof/sdk";
import t from "tap";
import { openHostileStore } from "../helpers/hostile-store.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// A developer whose client splits whatever it likes: what is no key never gets into a request head.

const skip = findReferenceString() === undefined && noReferenceString;
const NO_KEYS = {
  "a line break and a header of its own": "sk-canary\r\nx-injected: 1",
  "a whole second request": "sk-canary\r\n\r\nGET /second HTTP/1.1\r\nhost: a\r\n\r\n",
  "a lone carriage return": "sk-\rcanary",
  "a lone line feed": "sk-canary\n",
  "a zero": "sk-\0canary",
  "a space": "sk canary",
  "a tab": "\tsk-canary",
  "the last of ASCII": "sk-canary\x7f",
  "the first beyond ASCII": "\x80sk-canary",
  "Latin-1": "sk-canar\xff",
  nothing: "",
  "more than a key may be": "k".repeat(4097),
};

void t.test("a key of other bytes than a key has", { skip }, async (t) => {
  const stack = await startStack({ providerKey: "sk-canary" });
  t.teardown(() => stack.close());
  const prover = await createNodeProver({ lanes: 1 });
  t.teardown(() => prover.close());
  const store = await openHostileStore(stack);
  const call = async (key: string): Promise<Response> => {
    const bundle = await store(Buffer.from(key, "latin1"));
    return await (await openApp(t, { url: stack.edgeUrl, bundle, prover })).fetch("/v1/models");
  };

  t.equal((await call("sk-canary")).status, 200, "the same way, a key works");
  t.equal(stack.provider.requests.length, 1);
  for (const [name, key] of Object.entries(NO_KEYS)) {
    const answer = await call(key);
    t.equal(answer.status, 422, name);
    t.same(await answer.json(), { error: "Key reconstruction failed" });
  }
  t.equal(stack.provider.requests.length, 1, "and nothing was sent");
  t.equal((await call("sk-canary")).status, 200, "the server goes on");
});
