import { PassThrough, Readable } from "node:stream";
import t from "tap";
import { createMemoryVault, type MemoryVault } from "../../helpers/memory-vault.js";
import type { ExecutedCall } from "../../helpers/fake-vaultproof.js";
import type { VaultProofApp } from "@vaultproof/sdk";

async function lastCall(memory: MemoryVault, response: Promise<Response>): Promise<ExecutedCall> {
  const { status } = await response;
  const call = memory.service.state.executed.at(-1);
  if (status !== 200 || call === undefined) throw new Error(`the call was answered ${status}`);
  return call;
}

void t.test("paths and absolute URLs on the provider's origin are taken", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const inputs: [string | URL | Request, string][] = [
    ["/v1/models", "/v1/models"],
    ["/v1/models?limit=2&after=a%20b", "/v1/models?limit=2&after=a%20b"],
    ["/v1/a/../models#fragment", "/v1/models"],
    ["https://api.openai.com/v1/models", "/v1/models"],
    ["HTTPS://API.OPENAI.COM:443/v1/models", "/v1/models"],
    [new URL("https://api.openai.com/v1/models?x"), "/v1/models?x"],
    [new Request("https://api.openai.com/v1/models"), "/v1/models"],
  ];
  for (const [input, targetPath] of inputs) {
    t.match(await lastCall(memory, app.fetch(input)), { method: "GET", targetPath, body: null });
  }
});

void t.test("any other origin is a TypeError and nothing is sent", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const before = memory.service.requests.length;
  const inputs = [
    "https://api.openai.com.evil.example/v1/models",
    "http://api.openai.com/v1/models",
    "https://api.openai.com:8443/v1/models",
    "//evil.example/v1/models",
    "/\\evil.example/v1",
    "https://user:pass@api.openai.com/v1/models",
    "https://evil.example",
    "file:///etc/passwd",
    "http://[",
    new URL("https://evil.example/"),
    new Request("https://evil.example/"),
  ];
  for (const input of inputs) {
    await t.rejects(app.fetch(input), TypeError, input instanceof Request ? input.url : String(input));
  }
  await t.rejects(app.fetch("/v1/models", { method: "OPTIONS" }), TypeError);
  await t.rejects(app.fetch("/v1/models", { method: "GET", body: "x" }), TypeError);
  await t.rejects(app.fetch(`/${"a".repeat(9000)}`), TypeError);
  t.equal(memory.service.requests.length, before);
});

void t.test("every kind of body arrives as fetch would send it", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const post = (body: RequestInit["body"], headers: Record<string, string> = {}): Promise<ExecutedCall> =>
    lastCall(memory, app.fetch("/v1/up", { method: "post", headers, body: body ?? null }));

  t.match(await post("grüße"), {
    method: "POST",
    body: Buffer.from("grüße"),
    headers: { "content-type": "text/plain;charset=UTF-8" },
  });
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 251));
  t.same((await post(bytes)).body, bytes);
  t.same((await post(new Uint8Array(bytes).buffer)).body, bytes);
  t.match(await post(new Blob([bytes], { type: "image/png" })), {
    body: bytes,
    headers: { "content-type": "image/png" },
  });
  t.match(await post(new URLSearchParams({ a: "1 2" })), {
    body: Buffer.from("a=1+2"),
    headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" },
  });
  t.same((await post("")).body, Buffer.alloc(0));
  t.equal((await post(null)).body, null);

  const stream = Readable.toWeb(Readable.from([Buffer.from("one "), Buffer.from("two")])) as ReadableStream;
  t.same((await post(stream)).body, Buffer.from("one two"));
  const request = new Request("https://api.openai.com/v1/up", { method: "PUT", body: "from a request" });
  t.match(await lastCall(memory, app.fetch(request)), { method: "PUT", body: Buffer.from("from a request") });
});

void t.test("form data keeps its boundary", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const form = new FormData();
  form.set("purpose", "fine-tune");
  form.set("file", new File(["line\n"], "data.jsonl", { type: "application/jsonl" }));
  const call = await lastCall(memory, app.fetch("/v1/files", { method: "POST", body: form }));
  const boundary =
    /^multipart\/form-data; boundary=(\S+)$/.exec(call.headers["content-type"] ?? "")?.[1] ?? "";
  const parts = call.body?.toString().split(`--${boundary}`) ?? [];
  t.equal(parts.length, 4, "what stands before, two parts, and what stands after");
  t.match(parts[1], /name="purpose"\r\n\r\nfine-tune\r\n$/);
  t.match(parts[2], /filename="data.jsonl"\r\nContent-Type: application\/jsonl\r\n\r\nline\n\r\n$/);
});

void t.test("headers go lowercase, without framing and without other credentials", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const headers = {
    "X-Custom": "a",
    Accept: "text/event-stream",
    Authorization: "Bearer sk-another",
    "x-api-key": "sk-another",
    Cookie: "c=1",
    Host: "evil.example",
    Connection: "close",
  };
  const call = await lastCall(memory, app.fetch("/v1/models", { headers }));
  t.same(call.headers, { accept: "text/event-stream", "x-custom": "a" });
  t.notOk(memory.service.requests.some(({ body }) => body.includes("sk-another")));
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, "v"]));
  await t.rejects(app.fetch("/v1/models", { headers: many }), TypeError);
  await t.rejects(app.fetch("/v1/models", { headers: { long: "v".repeat(9000) } }), TypeError);
});

void t.test("the provider's answer passes untouched, streaming", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const source = new PassThrough();
  memory.service.state.provider = () =>
    new Response(Readable.toWeb(source), {
      status: 403,
      headers: { "content-type": "text/event-stream", "x-request-id": "r-1" },
    });
  const response = await app.fetch("/v1/models");
  t.equal(response.status, 403, "a provider's own 403 is no refusal of ours");
  t.equal(response.headers.get("x-request-id"), "r-1");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  source.write("first");
  t.same((await reader.read()).value, new TextEncoder().encode("first"), "before the second is there");
  source.write("second");
  t.same((await reader.read()).value, new TextEncoder().encode("second"));
  source.end();
  t.ok((await reader.read()).done);
  t.equal(memory.service.state.executed.length, 1);
});

void t.test("fetch may be passed on by itself", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const { fetch } = app as Pick<VaultProofApp, "fetch">;
  t.equal((await fetch("/v1/models")).status, 200);
});

void t.test("an abort is obeyed at every stage", async (t) => {
  const reason = new Error("enough");
  await t.test("before anything", async (t) => {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    const before = memory.service.requests.length;
    await t.rejects(app.fetch("/v1/models", { signal: AbortSignal.abort(reason) }), reason);
    t.equal(memory.service.requests.length, before);
  });
  await t.test("while a stream is read", async (t) => {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    const endless = Readable.toWeb(new PassThrough()) as unknown as NonNullable<RequestInit["body"]>;
    const controller = new AbortController();
    const call = app.fetch("/v1/up", { method: "POST", body: endless, signal: controller.signal });
    controller.abort(reason);
    await t.rejects(call, reason);
  });
  await t.test("while the path is fetched", async (t) => {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    const controller = new AbortController();
    memory.service.intercept(async (request, next) => {
      if (request.path.includes("/path?")) controller.abort(reason);
      return next();
    });
    await t.rejects(app.fetch("/v1/models", { signal: controller.signal }), reason);
    t.equal(memory.prover.witnesses.length, 0);
  });
  await t.test("while the proof is made", async (t) => {
    const memory = await createMemoryVault(t);
    const controller = new AbortController();
    const prover = {
      prove: () => {
        controller.abort(reason);
        return new Promise<never>(() => undefined);
      },
      close: () => Promise.resolve(),
    };
    const { app } = await memory.openStoredApp({ prover });
    await t.rejects(app.fetch("/v1/models", { signal: controller.signal }), reason);
    t.notOk(memory.service.requests.some(({ path }) => path === "/api/v1/proxy/call"));
  });
  await t.test("of a Request given as input", async (t) => {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    const signal = AbortSignal.abort(reason);
    await t.rejects(app.fetch(new Request("https://api.openai.com/v1/models", { signal })), reason);
    const kept = new Request("https://api.openai.com/v1/models", { signal });
    t.equal((await app.fetch(kept, { signal: null })).status, 200, "null detaches it, as in fetch");
  });
});

void t.test("a network failure rejects as fetch does", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  memory.service.intercept(() => {
    throw new TypeError("fetch failed");
  });
  await t.rejects(app.fetch("/v1/models"), new TypeError("fetch failed"));
});
