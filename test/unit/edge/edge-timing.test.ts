import { readTimings } from "@vaultproof/protocol/server-timing";
import t from "tap";
import { startEdgeWithBackend } from "./edge-with-backend.js";

void t.test("the edge adds its time where the backend tells its own, and nowhere else", async (t) => {
  const stack = await startEdgeWithBackend({}, ({ url }, response) => {
    if (url === "/told") response.setHeader("server-timing", "verify;dur=4.9, upstream;dur=1.0");
    response.end();
  });
  t.teardown(() => stack.close());
  const told = (await stack.send({ path: "/told", method: "POST", body: "x" })).headers["server-timing"];
  t.match(told, /^edge;dur=\d+\.\d, verify;dur=4\.9, upstream;dur=1\.0$/);
  t.notOk((await stack.send({ path: "/refused" })).headers["server-timing"]);
});

void t.test("times are read by name; what is none is left out", (t) => {
  t.same(readTimings(null), {});
  t.same(readTimings("edge;dur=0.8, verify;dur=5"), { edge: 0.8, verify: 5 });
  t.same(readTimings("cache, verify;desc=x, burn;dur=-1, db;dur=1, upstream;dur=1e9"), {});
  t.end();
});
