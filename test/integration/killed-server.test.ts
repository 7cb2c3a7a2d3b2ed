import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import { openCallMaker, openProver, REPLAY, sendCall, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack, type StackOptions } from "../helpers/stack.js";

// A server that is killed (SIGKILL: nothing of it can tidy up) while it makes calls and stores keys, then another on
// the same database. What was burnt stays burnt, and what was answered as stored is there.

const skip = findReferenceString() === undefined && noReferenceString;
const skipPostgres = skip || (await postgresSkipReason());

void t.test("on pglite", { skip }, (t) => killInTheMiddle(t, { database: "pglite" }));
void t.test("on postgres, with a second server that lives on", { skip: skipPostgres }, (t) =>
  killInTheMiddle(t, { database: "postgres", servers: 2 }),
);

async function killInTheMiddle(t: Test, options: StackOptions): Promise<void> {
  const stack = await startStack(options);
  t.teardown(() => stack.close());
  const { edges, edgeUrl, provider } = stack;
  const [server] = stack.servers;
  if (server === undefined) throw new Error("no server");
  const vault = await openVault(t, stack);
  const slot = await storeProviderKey(vault, stack);
  const bundle = slot.bundles[0] ?? "";
  const prover = await openProver(edgeUrl);
  t.teardown(() => prover.close());
  const { make } = await openCallMaker({ edgeUrl, bundle, prover });
  const [answered, interrupted] = [await make(3), await make(12)];
  const reached = (call: ProvedCall) => provider.requests.filter(({ url }) => url === call.targetPath).length;

  for (const call of answered) t.match(await sendCall(edgeUrl, call), { status: 200, source: "upstream" });
  // From here on the provider keeps everybody waiting: what it has seen was burnt and is not answered.
  provider.respond(() => undefined);
  const stored = [slot.keySlotId];
  const storing = storeUntilItFails(async () =>
    stored.push((await storeProviderKey(vault, stack)).keySlotId),
  );
  const sending = Promise.allSettled(interrupted.map((call) => sendCall(edgeUrl, call)));
  await provider.sent(answered.length + interrupted.length / 2);
  await server.child.stop("SIGKILL");
  provider.respond(undefined);
  await sending;
  await storing;

  const burnt = [...answered, ...interrupted.filter((call) => reached(call) > 0)];
  t.ok(burnt.length >= answered.length + interrupted.length / 2);
  const others = edges.slice(1);
  for (const { url } of others) await isReplayed(t, url, burnt, "by the server that lives on");
  // At the same port, where its edge looks for it.
  await stack.startServer({ SERVER_PORT: new URL(server.url).port });
  await isReplayed(t, edgeUrl, burnt, "by the server that came after it");

  await t.test("what had not reached the provider is made once at most", async (t) => {
    const unknown = interrupted.filter((call) => !burnt.includes(call));
    await Promise.all(unknown.map((call) => sendCall(edgeUrl, call)));
    const again = await Promise.all(unknown.map((call) => sendCall(edgeUrl, call)));
    t.strictSame(
      again.filter(({ source }) => source === "upstream"),
      [],
    );
    t.strictSame(
      interrupted.filter((call) => reached(call) > 1),
      [],
    );
  });

  await t.test("no slot is lost", async (t) => {
    const slots = await vault.keys.list();
    const active = slots.filter(({ status }) => status === "active").map(({ id }) => id);
    t.strictSame(
      stored.filter((id) => !active.includes(id)),
      [],
    );
    const app = await openApp(t, { url: edgeUrl, bundle, prover });
    t.equal((await app.fetch("/v1/models")).status, 200, "and its key is rebuilt");
    t.equal(provider.requests.at(-1)?.authorised, true);
  });
}

async function isReplayed(t: Test, url: string, burnt: readonly ProvedCall[], by: string): Promise<void> {
  const answers = await Promise.all(burnt.map((call) => sendCall(url, call)));
  t.strictSame(
    answers.map(({ status, body }) => ({ status, body })),
    burnt.map(() => REPLAY),
    `what was burnt before is refused ${by}`,
  );
}

/** Stores key after key; the one that the server's end interrupts may or may not be stored. */
async function storeUntilItFails(store: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await store();
    } catch {
      return;
    }
  }
}
