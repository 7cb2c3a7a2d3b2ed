import { createServer, Socket } from "node:net";
import t from "tap";
import { call, failure, listen, openUpstream, requestTo } from "../helpers/upstream-calls.js";

// A provider that resets a connection the moment it is made leaves a socket without an address. That was taken for one that
// the operator does not allow, and an app's developer was sent to look for a setting.

void t.test("a connection that is reset at once was closed, not refused", async (t) => {
  const server = createServer((socket) => socket.on("error", () => undefined));
  const port = await listen(t, server);
  // What every address of a socket comes from, and what is empty then.
  const sockets = Socket.prototype as unknown as { _getpeername: () => object };
  const peer = sockets._getpeername;
  sockets._getpeername = () => ({});
  t.teardown(() => {
    sockets._getpeername = peer;
  });
  const said = await failure(call(openUpstream(t), requestTo(`http://127.0.0.1:${port}`)));
  t.same(said, { kind: "failed", reason: "Connection closed" });
});
