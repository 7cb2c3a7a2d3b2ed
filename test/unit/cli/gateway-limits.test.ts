import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import t from "tap";
import { CliError } from "vaultproof/errors";
import { connectService } from "vaultproof/gateway/service-fetch";
import { fixedProjects } from "vaultproof/gateway/served-projects";
import { startGateway } from "vaultproof/gateway/start-gateway";
import { createStubProver } from "../../helpers/stub-prover.js";
import { openMemoryGateway, type MemoryGateway } from "../../helpers/memory-gateway.js";

/** A door that calls wait at until it is opened. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

const isCall = (path: string): boolean => path === "/api/v1/proxy/call";

function ask({ gateway, token }: MemoryGateway, init: RequestInit = {}): Promise<Response> {
  return fetch(`${gateway.url}/openai/v1/x`, { ...init, headers: { authorization: `Bearer ${token}` } });
}

/** Holds calls back at the service, and tells how many have come. */
function holdCalls(local: MemoryGateway, waitFor: Promise<void>): { came: (count: number) => Promise<void> } {
  let count = 0;
  let notify: () => void = () => undefined;
  local.memory.service.intercept(async (request, next) => {
    if (isCall(request.path)) {
      count++;
      notify();
      await waitFor;
    }
    return next();
  });
  return {
    came: async (wanted) => {
      while (count < wanted) await new Promise<void>((resolve) => (notify = resolve));
    },
  };
}

await t.test("calls in flight are bounded, and a place that is left is free again", async (t) => {
  const local = await openMemoryGateway(t, { capacity: { calls: 2, bytes: 10_000 } });
  const { wait, open } = gate();
  const held = holdCalls(local, wait);
  const first = [ask(local), ask(local)];
  await held.came(2);
  const refused = await ask(local);
  t.equal(refused.status, 503);
  t.equal(refused.headers.get("retry-after"), "1");
  t.match(await refused.json(), { error: { code: "vaultproof_busy" } });
  open();
  for (const answer of await Promise.all(first)) t.equal((await answer.text()).length > 0, true);
  for (let i = 0; i < 5; i++) t.equal((await ask(local)).status, 200);
});

await t.test("so are the bytes that they hold", async (t) => {
  const local = await openMemoryGateway(t, { bodyLimit: 900, capacity: { calls: 9, bytes: 1000 } });
  const { wait, open } = gate();
  const held = holdCalls(local, wait);
  const body = "x".repeat(900);
  const first = ask(local, { method: "POST", body });
  await held.came(1);
  t.equal((await ask(local, { method: "POST", body })).status, 503);
  open();
  t.equal((await first).status, 200);
  for (let i = 0; i < 3; i++) t.equal((await ask(local, { method: "POST", body })).status, 200);
});

await t.test("a client that leaves gives its place back, and its call is aborted", async (t) => {
  const local = await openMemoryGateway(t, { capacity: { calls: 1, bytes: 1000 } });
  const { wait, open } = gate();
  const held = holdCalls(local, wait);
  const leaving = new AbortController();
  const first = ask(local, { signal: leaving.signal });
  await held.came(1);
  leaving.abort();
  await first.catch(() => undefined);
  open();
  let status = 503;
  while (status === 503) status = (await ask(local)).status;
  t.equal(status, 200);
});

await t.test("a body of exactly the limit passes, byte for byte", async (t) => {
  const local = await openMemoryGateway(t, { bodyLimit: 70_000 });
  const body = new Uint8Array(70_000).map((_, i) => (i * 7) & 0xff);
  t.equal((await ask(local, { method: "POST", body })).status, 200);
  t.ok(local.memory.service.state.executed.at(-1)?.body?.equals(Buffer.from(body)));
  const tooMuch = new Uint8Array(70_001);
  t.equal((await ask(local, { method: "POST", body: tooMuch })).status, 413);
});

await t.test("whoever waits for a go-ahead is not asked for a body that is refused", async (t) => {
  const local = await openMemoryGateway(t);
  const head = (key: string): string =>
    `POST /openai/v1/x HTTP/1.1\r\nhost: 127.0.0.1:${local.port}\r\nconnection: close\r\nexpect: 100-continue\r\n` +
    `content-length: 2\r\nx-api-key: ${key}\r\n\r\n`;
  t.match(await local.raw(head("wrong")), /^HTTP\/1\.1 401/);
  const socket = connect(local.port, "127.0.0.1", () => socket.write(head(local.token)));
  let answer = "";
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.endsWith("100 Continue\r\n\r\n")) socket.write("{}");
  }
  t.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
});

await t.test("told to stop: streams may end, what comes is refused, and what is left is cut", async (t) => {
  const local = await openMemoryGateway(t);
  const { wait, open } = gate();
  let endless: (() => void) | undefined;
  local.memory.service.intercept((request, next) => {
    if (!isCall(request.path)) return next();
    const isEndless = endless === undefined;
    const body = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        controller.enqueue(new TextEncoder().encode("first "));
        if (isEndless) return;
        await wait;
        controller.enqueue(new TextEncoder().encode("last"));
        controller.close();
      },
      cancel: () => endless?.(),
    });
    endless ??= () => undefined;
    return new Response(body, { headers: { "vp-source": "upstream" } });
  });
  const cut = await ask(local);
  const ending = await ask(local);
  const closing = local.gateway.close(1_000);
  const refused = await ask(local);
  t.equal(refused.status, 503);
  t.equal(refused.headers.get("retry-after"), "2");
  open();
  t.equal(await ending.text(), "first last");
  await t.rejects(cut.text());
  await closing;
  await t.rejects(ask(local));
});

await t.test("a port that is taken", async (t) => {
  const local = await openMemoryGateway(t);
  const starting = startGateway({
    port: local.port,
    prover: createStubProver(),
    bodyLimit: 1,
    projects: () => Promise.resolve(fixedProjects([])),
  });
  const error: unknown = await starting.catch((error: unknown) => error);
  t.ok(error instanceof CliError);
  t.match(error, {
    code: "port-in-use",
    message: `port ${local.port} on 127.0.0.1 is taken`,
    hint: /--port/,
  });
});

await t.test("it listens on the loopback and nowhere else", async (t) => {
  const local = await openMemoryGateway(t);
  const socket = connect(local.port, "::1");
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  t.match(error.code, /ECONNREFUSED|EADDRNOTAVAIL/);
});

await t.test("the service's answers come as they were packed", async (t) => {
  const packed = gzipSync("packed");
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const service = connectService();
  t.teardown(() => service.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const response = await service.fetch(url);
  t.equal(response.headers.get("content-encoding"), "gzip");
  t.ok(Buffer.from(await response.arrayBuffer()).equals(packed));
  await t.rejects(service.fetch("http://127.0.0.1:1/"), TypeError);
  const aborted = AbortSignal.abort(new Error("mine"));
  await t.rejects(service.fetch(url, { signal: aborted }), { message: "mine" });
});
