import Anthropic from "@anthropic-ai/sdk";
import { VaultProofError } from "@vaultproof/sdk";
import OpenAI from "openai";
import t from "tap";
import type { Interceptor } from "../../helpers/fake-vaultproof.js";
import { openMemoryGateway, type MemoryGateway } from "../../helpers/memory-gateway.js";

// What the service refuses, as the providers' SDKs understand it, and how often they try.

interface Refusal {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
  readonly openai: string;
  readonly anthropic: string;
  readonly google: string;
  /** Calls that an SDK makes which may try twice more. */
  readonly calls: number;
}

const NOW = { "retry-after": "0" };
const REFUSALS: Record<string, Refusal> = {
  "a proof that does not hold": {
    status: 403,
    body: { error: "Invalid ZK proof", reason: "Proof verification failed" },
    openai: "403 PermissionDeniedError vaultproof_invalid_proof permission_error",
    anthropic: "403 PermissionDeniedError permission_error",
    google: "403 PERMISSION_DENIED",
    calls: 1,
  },
  "an app without that right": {
    status: 403,
    body: { error: "App not authorized", reason: "Path not allowed" },
    openai: "403 PermissionDeniedError vaultproof_app_not_authorized permission_error",
    anthropic: "403 PermissionDeniedError permission_error",
    google: "403 PERMISSION_DENIED",
    calls: 1,
  },
  "a replay": {
    status: 403,
    body: { error: "Proof already used (replay detected)" },
    openai: "403 PermissionDeniedError vaultproof_replay permission_error",
    anthropic: "403 PermissionDeniedError permission_error",
    google: "403 PERMISSION_DENIED",
    calls: 1,
  },
  "a key that cannot be rebuilt": {
    status: 422,
    body: { error: "Key reconstruction failed" },
    openai: "422 UnprocessableEntityError vaultproof_key_reconstruction invalid_request_error",
    anthropic: "422 UnprocessableEntityError invalid_request_error",
    google: "422 INVALID_ARGUMENT",
    calls: 1,
  },
  "a limit": {
    status: 429,
    body: { error: "Too many requests", limit: 1, used: 2, reset: 3 },
    headers: NOW,
    openai: "429 RateLimitError vaultproof_rate_limited rate_limit_error",
    anthropic: "429 RateLimitError rate_limit_error",
    google: "429 RESOURCE_EXHAUSTED",
    calls: 3,
  },
  "a busy service": {
    status: 503,
    body: { error: "Service busy" },
    headers: NOW,
    openai: "503 InternalServerError vaultproof_busy server_error",
    anthropic: "503 ServiceUnavailableError overloaded_error",
    google: "503 UNAVAILABLE",
    calls: 3,
  },
  "a provider out of reach": {
    status: 502,
    body: { error: "Upstream request failed", reason: "Connection refused" },
    headers: NOW,
    openai: "502 InternalServerError vaultproof_upstream_failed server_error",
    anthropic: "502 InternalServerError overloaded_error",
    google: "502 UNAVAILABLE",
    calls: 3,
  },
  "what this gateway does not know yet": {
    status: 418,
    body: { error: "Something new", reason: "why" },
    openai: "418 APIError vaultproof_refused invalid_request_error",
    anthropic: "418 APIError invalid_request_error",
    google: "418 INVALID_ARGUMENT",
    calls: 1,
  },
};

const isCall = (path: string): boolean => path === "/api/v1/proxy/call";

/** Answers calls in the service's place. */
function answering(make: () => Response): Interceptor {
  return (request, next) => (isCall(request.path) ? make() : next());
}

function clients({ gateway, token }: MemoryGateway, maxRetries: number) {
  return {
    openai: new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey: token, maxRetries }),
    anthropic: new Anthropic({ baseURL: `${gateway.url}/anthropic`, apiKey: token, maxRetries }),
  };
}

function errorOf(error: unknown): string {
  if (error instanceof OpenAI.APIError) {
    return `${String(error.status)} ${error.constructor.name} ${error.code ?? ""} ${error.type ?? ""}`;
  }
  if (!(error instanceof Anthropic.APIError)) return String(error);
  const { error: inner } = error.error as { error: { type: string } };
  return `${String(error.status)} ${error.constructor.name} ${inner.type}`;
}

await t.test("refusals of the service", async (t) => {
  const local = await openMemoryGateway(t);
  const { memory, gateway, token } = local;
  const { openai, anthropic } = clients(local, 2);
  const countCalls = async (work: () => Promise<unknown>): Promise<number> => {
    const before = memory.service.requests.length;
    await work();
    return memory.service.requests.slice(before).filter(({ path }) => isCall(path)).length;
  };
  for (const [name, refusal] of Object.entries(REFUSALS)) {
    await t.test(name, async (t) => {
      const { status, body } = refusal;
      const headers = { "vp-source": "vaultproof", ...refusal.headers };
      memory.service.intercept(answering(() => Response.json(body, { status, headers })));
      const calls = await countCalls(async () => {
        t.equal(errorOf(await openai.models.list().catch((error: unknown) => error)), refusal.openai);
      });
      t.equal(calls, refusal.calls);
      const again = await countCalls(async () => {
        t.equal(errorOf(await anthropic.models.list().catch((error: unknown) => error)), refusal.anthropic);
      });
      t.equal(again, refusal.calls);
      const asked = await fetch(`${gateway.url}/google/v1beta/models`, {
        headers: { "x-goog-api-key": token },
      });
      const { error } = (await asked.json()) as { error: { code: number; status: string; message: string } };
      t.equal(`${error.code} ${error.status}`, refusal.google);
      t.equal(asked.status, status);
      t.match(error.message, "VaultProof: ");
      t.equal(asked.headers.get("retry-after"), refusal.headers?.["retry-after"] ?? null);
    });
  }
});

await t.test("a revoked app is forbidden, and not something that was not found", async (t) => {
  const local = await openMemoryGateway(t);
  for (const slot of local.memory.service.state.slots.values()) slot.revoked = true;
  const { openai } = clients(local, 2);
  const error: unknown = await openai.models.list().catch((error: unknown) => error);
  t.equal(errorOf(error), "403 PermissionDeniedError vaultproof_app_revoked permission_error");
});

await t.test("a service that is out of reach: tried again, and used as soon as it is back", async (t) => {
  const local = await openMemoryGateway(t);
  local.memory.service.intercept(() => Promise.reject(new TypeError("fetch failed")));
  const url = `${local.gateway.url}/openai/v1/models`;
  const headers = { authorization: `Bearer ${local.token}` };
  const away = await fetch(url, { headers });
  t.equal(away.status, 503);
  t.ok(Number(away.headers.get("retry-after")) > 0);
  t.match(await away.json(), { error: { code: "vaultproof_service_unreachable" } });
  local.memory.service.intercept(undefined);
  t.equal((await fetch(url, { headers })).status, 200);
  local.memory.service.intercept((request, next) =>
    isCall(request.path) ? Promise.reject(new TypeError("fetch failed")) : next(),
  );
  const lost = await fetch(url, { headers });
  t.equal(lost.status, 502);
  t.match(await lost.json(), { error: { code: "vaultproof_service_lost" } });
});

await t.test("a service that went down: nothing was sent, so it is out of reach and not lost", async (t) => {
  const local = await openMemoryGateway(t);
  const url = `${local.gateway.url}/openai/v1/models`;
  const headers = { authorization: `Bearer ${local.token}` };
  t.equal((await fetch(url, { headers })).status, 200);
  const failing = (cause: Error): Interceptor => {
    return (request, next) =>
      isCall(request.path) ? Promise.reject(new TypeError("the service gave no answer", { cause })) : next();
  };
  const system = (code: string, syscall?: string): Error =>
    Object.assign(new Error(code), { code }, syscall === undefined ? {} : { syscall });
  const neverSent = [
    system("ECONNREFUSED", "connect"),
    system("ETIMEDOUT", "connect"),
    system("EHOSTUNREACH", "connect"),
    system("ENOTFOUND", "getaddrinfo"),
    system("EAI_AGAIN", "getaddrinfo"),
    // As Node tells of a name with several addresses.
    Object.assign(
      new AggregateError([system("ECONNREFUSED", "connect"), system("ERR_SOCKET_CONNECTION_TIMEOUT")]),
      { code: "ECONNREFUSED" },
    ),
  ];
  for (const cause of neverSent) {
    local.memory.service.intercept(failing(cause));
    const away = await fetch(url, { headers });
    t.equal(away.status, 503, cause.message);
    t.ok(Number(away.headers.get("retry-after")) > 0);
    t.match(await away.json(), { error: { code: "vaultproof_service_unreachable" } });
  }
  for (const cause of [system("ECONNRESET", "read"), system("ETIMEDOUT", "read"), system("EPIPE", "write")]) {
    local.memory.service.intercept(failing(cause));
    const lost = await fetch(url, { headers });
    t.equal(lost.status, 502, cause.message);
    t.match(await lost.json(), { error: { code: "vaultproof_service_lost" } });
  }
});

await t.test("a service that is another one: no call, and no second attempt", async (t) => {
  const local = await openMemoryGateway(t);
  local.memory.service.state.identitySeed = new Uint8Array(32).fill(7);
  const { openai } = clients(local, 2);
  const error: unknown = await openai.models.list().catch((error: unknown) => error);
  t.equal(errorOf(error), "403 PermissionDeniedError vaultproof_service_untrusted permission_error");
  t.equal(local.memory.service.requests.length, 1, "nothing but the document was asked for");
});

await t.test("a prover that fails", async (t) => {
  const local = await openMemoryGateway(t);
  Object.assign(local.memory.prover, {
    prove: () => Promise.reject(new VaultProofError("prover-failed", "no bb")),
  });
  const { openai } = clients(local, 0);
  const error: unknown = await openai.models.list().catch((error: unknown) => error);
  t.equal(errorOf(error), "500 InternalServerError vaultproof_proof_failed server_error");
});

await t.test("an answer whose body breaks off is not taken for whole", async (t) => {
  const local = await openMemoryGateway(t);
  local.memory.service.intercept(
    answering(() => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode("half")),
        // Later than the client reads: a Node client takes a head and a reset that come together for an end.
        pull: async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          throw new TypeError("terminated");
        },
      });
      return new Response(body, { headers: { "vp-source": "upstream" } });
    }),
  );
  const key = `authorization: Bearer ${local.token}`;
  const chunked = await local.raw(
    `GET /openai/v1/x HTTP/1.1\r\nhost: 127.0.0.1:${local.port}\r\n${key}\r\n\r\n`,
  );
  t.notMatch(chunked, /\r\n0\r\n\r\n$/, "no last chunk");
  const old = local.raw(`GET /openai/v1/x HTTP/1.0\r\nhost: 127.0.0.1:${local.port}\r\n${key}\r\n\r\n`);
  await t.rejects(old, { code: "ECONNRESET" });
});

await t.test("an answer never says where to go, sets no cookie and lets no page read it", async (t) => {
  const local = await openMemoryGateway(t);
  local.memory.service.intercept(
    answering(
      () =>
        new Response("ok", {
          headers: {
            "vp-source": "upstream",
            "access-control-allow-origin": "*",
            "set-cookie": "a=b",
            "x-request-id": "kept",
          },
        }),
    ),
  );
  const response = await fetch(`${local.gateway.url}/openai/v1/x`, { headers: { "x-api-key": local.token } });
  t.equal(response.headers.get("access-control-allow-origin"), null);
  t.equal(response.headers.get("set-cookie"), null);
  t.equal(response.headers.get("x-request-id"), "kept");
});
