import { createServer } from "node:http";
import { createSlotPools } from "@vaultproof/server/upstream/slot-pools";
import t, { type Test } from "tap";
import { listen, call, openUpstream, read, requestTo } from "../../helpers/upstream-calls.js";

/** A provider that answers with the number of the connection that it was asked on. */
async function countingProvider(t: Test): Promise<{ port: number; open: () => number }> {
  let connections = 0;
  let open = 0;
  const numbers = new WeakMap<object, number>();
  const server = createServer((request, response) => response.end(String(numbers.get(request.socket))));
  server.on("connection", (socket) => {
    numbers.set(socket, ++connections);
    open++;
    socket.once("close", () => open--);
  });
  return { port: await listen(t, server), open: () => open };
}

void t.test("a connection is kept for its slot, and used for no other", async (t) => {
  const { port } = await countingProvider(t);
  const upstream = openUpstream(t);
  const ask = async (slotId: string, host: string): Promise<string> => {
    const number = await read(await call(upstream, requestTo(`http://${host}:${port}`, { slotId })));
    // A connection is free for the next call a turn after the answer's end.
    await new Promise((resolve) => setImmediate(resolve));
    return number;
  };
  t.same(
    [await ask("a", "127.0.0.1"), await ask("a", "127.0.0.1"), await ask("a", "127.0.0.1")],
    ["1", "1", "1"],
    "kept",
  );
  t.equal(await ask("b", "127.0.0.1"), "2", "another slot");
  t.equal(await ask("a", "127.0.0.1"), "1", "the first again");
  t.equal(await ask("a", "localhost"), "3", "the same slot elsewhere");
  t.equal(await ask("b", "127.0.0.1"), "2");
});

void t.test("a slot that is forgotten ends its call in flight and closes", async (t) => {
  const { port, open } = await countingProvider(t);
  const origin = `http://127.0.0.1:${port}`;
  const pools = createSlotPools(() => ({ pipelining: 1 }), 2);
  t.teardown(() => pools.destroy());
  const ask = async (slotId: string): Promise<string> => {
    const number = await (await pools.of(slotId, origin).request({ path: "/", method: "GET" })).body.text();
    await new Promise((resolve) => setImmediate(resolve));
    return number;
  };
  t.same([await ask("a"), await ask("b"), await ask("a")], ["1", "2", "1"]);
  const inFlight = ask("b");
  const others = [ask("c"), ask("d")];
  t.equal(await inFlight, "2", "its call ended as if nothing were");
  await Promise.all(others);
  t.equal(await ask("a"), "5", "and it has a new one when it comes back");
  while (open() > 2) await new Promise((resolve) => setImmediate(resolve));
  t.equal(open(), 2, "no more stay open than are kept");
});

void t.test("destroying ends what is in flight, of forgotten slots too", async (t) => {
  const silent = createServer(() => undefined);
  const port = await listen(t, silent);
  const pools = createSlotPools(() => ({}), 1);
  const calls = ["a", "b"].map((slotId) =>
    pools.of(slotId, `http://127.0.0.1:${port}`).request({ path: "/", method: "GET" }),
  );
  const ended = Promise.allSettled(calls);
  await new Promise((resolve) => silent.once("connection", resolve));
  await pools.destroy();
  t.same(
    (await ended).map(({ status }) => status),
    ["rejected", "rejected"],
  );
});
