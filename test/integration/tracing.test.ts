import t from "tap";
import { openCallPath } from "../helpers/call-path.js";
import { startCollector } from "../helpers/collector.js";
import { openCallMaker, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { startStack } from "../helpers/stack.js";

// What a collector is sent by a server that is a process of its own.

const skip = findReferenceString() === undefined && noReferenceString;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CONTEXT = {
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  tracestate: "canary=1",
  baggage: "canary=1",
};

await t.test("spans of calls", { skip }, async (t) => {
  const collector = await startCollector(t);
  const path = await openCallPath(t, {
    serverEnv: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=canary%20key",
      OTEL_SERVICE_NAME: "vault-under-test",
      // Long after the test: what comes has been sent because the server stopped.
      OTEL_BSP_SCHEDULE_DELAY: "3600000",
    },
  });
  const { edge, server, stack } = path;
  const maker = await openCallMaker({ edgeUrl: edge.url, bundle: path.bundle, prover: path.prover });
  const [good, failing] = (await maker.make(2)) as [ProvedCall, ProvedCall];
  const send = async (body: string): Promise<{ status: number; id: string }> => {
    const headers = { "content-type": "application/json", ...CONTEXT };
    const answer = await fetch(`${edge.url}/api/v1/proxy/call`, { method: "POST", headers, body });
    await answer.arrayBuffer();
    return { status: answer.status, id: answer.headers.get("vp-request-id") ?? "" };
  };
  const answered = await send(good.body);
  const replayed = await send(good.body);
  stack.provider.respond((_, response) => response.destroy());
  const failed = await send(failing.body);
  t.same(
    [answered, replayed, failed].map(({ status }) => status),
    [200, 403, 502],
  );
  t.same(await server.child.stop("SIGTERM"), { code: 0, signal: null });

  const calls = collector.spans.filter(
    ({ parentSpanId }) => parentSpanId === undefined || parentSpanId === "",
  );
  t.equal(calls.length, 3, "one a call, all of them before the end");
  t.equal(new Set(calls.map(({ traceId }) => traceId)).size, 3);
  const callOf = ({ id }: { id: string }) =>
    calls.find(({ attributes }) => attributes["vaultproof.request_id"] === id) ??
    t.bailout("no span of a call");
  const stepsOf = ({ id }: { id: string }) => {
    const call = callOf({ id });
    const steps = collector.spans.filter(({ parentSpanId }) => parentSpanId === call?.spanId);
    t.ok(
      steps.every(
        (step) => step.traceId === call?.traceId && step.start >= call.start && step.end <= call.end,
      ),
    );
    return steps.map(({ name, status }) => (status === 2 ? `${name} failed` : name));
  };
  t.match(callOf(answered), {
    name: "POST /api/v1/proxy/call",
    status: 0,
    attributes: { "http.response.status_code": 200, "vaultproof.outcome": "answered" },
  });
  t.same(stepsOf(answered), [
    ...["readCall", "readStatement", "verifyProof", "checkRestrictions", "burnNullifier"],
    ...["rebuildKey", "sendUpstream", "wipe", "awaitAnswer"],
  ]);
  t.match(callOf(replayed), { status: 0, attributes: { "vaultproof.outcome": "replay" } });
  t.same(stepsOf(replayed), ["readCall", "readStatement failed"]);
  t.match(callOf(failed), { status: 2, attributes: { "vaultproof.outcome": "upstreamFailed" } });
  t.equal(stepsOf(failed).filter((step) => step.endsWith(" failed")).length, 1);

  t.match(collector.requests[0], {
    path: "/v1/traces",
    headers: { "x-collector-key": "canary key" },
    body: /"vault-under-test"/,
  });
  const sent = collector.requests.map(({ body }) => body).join("");
  for (const secret of [
    ...[path.keySlotId, "my-app", stack.provider.origin, "127.0.0.1", good.targetPath, good.nullifier],
    ...[TRACE, "canary", stack.provider.key],
  ]) {
    t.notMatch(sent, secret, "nothing of whose call it is, and nothing that a client made up");
  }
  const atProvider = JSON.stringify(stack.provider.requests);
  t.notMatch(atProvider, /traceparent|tracestate|baggage|x-b3/i);
  for (const { traceId } of calls) t.notMatch(atProvider, traceId);
  t.notMatch(stack.logs(), "canary key");
});

for (const [name, status] of [
  ["never answers", "never"],
  ["refuses", 400],
] as const) {
  await t.test(`a collector that ${name} does not touch calls`, async (t) => {
    const collector = await startCollector(t, status);
    const stack = await startStack({
      serverEnv: {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`,
        OTEL_BSP_SCHEDULE_DELAY: "10",
      },
    });
    t.teardown(() => stack.close());
    const child = stack.servers[0]?.child;
    const send = async (): Promise<number> => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${stack.edgeUrl}/api/v1/proxy/call`, {
        method: "POST",
        headers,
        body: "{}",
      });
      return answer.status;
    };
    t.equal(await send(), 400);
    if (status === 400) await child?.waitFor(/"msg":"spans could not be sent"/);
    t.equal(await send(), 400);
    t.same(await child?.stop("SIGTERM"), { code: 0, signal: null });
    t.equal(collector.requests[0]?.path, "/own/path");
    const told = stack.logs().split("spans could not be sent").length - 1;
    t.ok(status === 400 ? told === 1 : told <= 1, "told once");
  });
}
