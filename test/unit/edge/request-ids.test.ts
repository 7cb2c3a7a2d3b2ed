import { connect } from "node:net";
import { once } from "node:events";
import t from "tap";
import { createEdge } from "@vaultproof/edge/handler";
import { LIMITS } from "@vaultproof/protocol/limits";
import { SECRET, startEdgeWithBackend } from "./edge-with-backend.js";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FOREIGN = "6f1c7b1e-6a55-4c8e-9d43-0a5b8f8d2c11";
const APP = "https://app.example";

await t.test("each request has an id of the edge's, for the backend and for the client", async (t) => {
  const stack = await startEdgeWithBackend({}, (_, response) => {
    response.writeHead(200, { "vp-request-id": FOREIGN }).end("ok");
  });
  t.teardown(() => stack.close());
  const seen = new Set<string>();
  const sent: Record<string, string>[] = [
    {},
    { "vp-request-id": FOREIGN },
    { connection: "close, vp-request-id" },
  ];
  for (const headers of sent) {
    const answer = await stack.send({ headers });
    const id = String(answer.headers["vp-request-id"]);
    t.match(id, ID);
    t.not(id, FOREIGN, "neither a client nor a backend names a request");
    t.equal(stack.only().headers["vp-request-id"], id);
    seen.add(id);
  }
  t.equal(seen.size, 3);
});

await t.test("the edge's own answers have one too", async (t) => {
  const stack = await startEdgeWithBackend({ corsOrigins: [APP], ipCallsPerMinute: 1, bodyLimit: 10 });
  t.teardown(() => stack.close());
  const preflight = { origin: APP, "access-control-request-method": "POST" };
  const call = { method: "POST", path: "/api/v1/proxy/call" };
  const answers = [
    await stack.send({ path: "/health" }),
    await stack.send({ method: "HEAD", path: "/health" }),
    await stack.send({ method: "PUT", path: "/health" }),
    await stack.send({ method: "OPTIONS", path: "/", headers: preflight }),
    await stack.send({ path: "/a//%2e%2e/b" }),
    await stack.send({ method: "POST", path: "/x", body: Buffer.alloc(LIMITS.developerBodyBytes + 1) }),
    await stack.send({ method: "TRACE" }),
    await stack.send({ headers: { "content-digest": "sha-256=:AA==:" } }),
    await stack.send(call),
    await stack.send({ ...call, headers: { origin: APP } }),
  ];
  t.equal(answers.at(-1)?.status, 429);
  t.equal(answers[5]?.status, 413);
  for (const { status, headers } of answers) t.match(headers["vp-request-id"], ID, String(status));
  t.equal(new Set(answers.map(({ headers }) => headers["vp-request-id"])).size, answers.length);
  t.match(answers.at(-1)?.headers["access-control-expose-headers"], /(^|,)vp-request-id(,|$)/);
});

await t.test("even an answer to what is no request", async (t) => {
  const stack = await startEdgeWithBackend();
  t.teardown(() => stack.close());
  const { hostname, port } = new URL(stack.edge.url);
  const socket = connect(Number(port), hostname);
  socket.end("no request\r\n\r\n");
  const [data] = (await once(socket, "data")) as [Buffer];
  t.match(data.toString(), /\r\nvp-request-id: [0-9a-f-]{36}\r\n/);
});

await t.test("a failure is told with the id that the client got, and not to the client", async (t) => {
  const failures: { requestId: string; answered: string; error: unknown }[] = [];
  const open = (fetch: () => Promise<Response>) =>
    createEdge({
      config: {
        backendUrl: new URL("http://backend.example"),
        secrets: [SECRET],
        ipCallsPerMinute: 0,
        ipRegistrationsPerMinute: 0,
        bodyLimit: 10,
        trustedProxies: [],
        corsOrigins: [],
      },
      fetch,
      onFailure: (failure) => void failures.push(failure),
    });
  const ask = async (edge: ReturnType<typeof open>, signal = new AbortController().signal) =>
    await edge.fetch(new Request("http://edge/x", { signal }), { peerAddress: "192.0.2.1", target: "/x" });

  const down = await ask(open(() => Promise.reject(new Error("canary"))));
  t.equal(down.status, 502);
  t.same(await down.json(), { error: "Backend unavailable" });
  t.match(failures, [{ answered: "backendUnavailable", requestId: down.headers.get("vp-request-id") }]);

  const broken = await ask(open(() => Promise.resolve({ headers: null } as unknown as Response)));
  t.equal(broken.status, 500);
  const requestId = broken.headers.get("vp-request-id");
  t.same(await broken.json(), { error: "Internal error", requestId });
  t.match(failures[1], { answered: "internal", requestId, error: TypeError });

  await ask(
    open(() => Promise.reject(new Error("aborted"))),
    AbortSignal.abort(),
  );
  t.equal(failures.length, 2, "a client that left is no failure");
});
