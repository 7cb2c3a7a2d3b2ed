import { passedRequestHeaders, passedResponseHeaders } from "@vaultproof/server/upstream/passed-headers";
import t from "tap";

function passed(
  headers: Record<string, string>,
  provider = "custom",
  exclude = "authorization",
): Record<string, string> {
  const flat = passedRequestHeaders(headers, { provider, exclude });
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ""]] : [])));
}

void t.test("request headers pass by name, and each provider's own only to it", (t) => {
  const common = {
    accept: "text/event-stream",
    "accept-language": "en",
    "content-type": "application/json",
    "user-agent": "app/1",
    "idempotency-key": "k",
  };
  const openai = { "openai-organization": "o", "openai-project": "p", "openai-beta": "b" };
  const anthropic = { "anthropic-version": "2023-06-01", "anthropic-beta": "b" };
  const dropped = {
    ...{ authorization: "Bearer mine", "x-api-key": "mine", "proxy-authorization": "Basic x", cookie: "a=b" },
    ...{
      host: "evil.example",
      connection: "close",
      "keep-alive": "1",
      te: "trailers",
      trailer: "x",
      upgrade: "h2c",
    },
    ...{
      "transfer-encoding": "chunked",
      "content-length": "5",
      expect: "100-continue",
      "accept-encoding": "gzip",
    },
    ...{
      "x-forwarded-for": "1.2.3.4",
      forwarded: "for=1.2.3.4",
      via: "1.1 a",
      origin: "https://a",
      referer: "https://a",
    },
    ...{
      "vp-client-ip": "1.2.3.4",
      signature: "a=:b:",
      "content-digest": "x",
      "x-goog-api-client": "g",
      "x-custom": "c",
    },
  };
  const all = { ...common, ...openai, ...anthropic, ...dropped };
  t.same(passed(all), common);
  t.same(passed(all, "openai"), { ...common, ...openai });
  t.same(passed(all, "anthropic", "x-api-key"), { ...common, ...anthropic });
  t.same(passed(all, "google", "x-goog-api-key"), { ...common, "x-goog-api-client": "g" });
  t.same(passed(all, "__proto__"), common, "a provider that is none");
  t.same(
    passed({ "user-agent": "mine" }, "custom", "user-agent"),
    {},
    "the header of the key is never the caller's",
  );
  t.end();
});

void t.test("answer headers pass by name", (t) => {
  const passing = {
    "content-type": "application/json",
    "content-length": "10",
    "content-disposition": "attachment",
    "cache-control": "no-store",
    "retry-after": "1",
    "x-request-id": "r",
    "request-id": "r",
    "openai-processing-ms": "5",
    "anthropic-ratelimit-requests-limit": "5",
    "x-ratelimit-remaining-tokens": "5",
  };
  const dropped = {
    ...{
      location: "https://evil.example",
      "set-cookie": ["a=b", "c=d"],
      connection: "close",
      "keep-alive": "timeout=5",
    },
    ...{
      "transfer-encoding": "chunked",
      upgrade: "h2",
      trailer: "x",
      "proxy-authenticate": "Basic",
      server: "nginx",
    },
    ...{
      "www-authenticate": "Bearer",
      "access-control-allow-origin": "*",
      "strict-transport-security": "max-age=1",
    },
    ...{
      "content-security-policy": "x",
      "clear-site-data": '"*"',
      refresh: "0;url=https://evil.example",
      link: "</x>",
    },
    ...{ "vp-source": "vaultproof", signature: "vp-answer=:AA:", "content-digest": "x", "alt-svc": "h3" },
  };
  t.same(passedResponseHeaders({ ...passing, ...dropped }, { bodiless: false }), passing);
  t.same(passedResponseHeaders({ "content-length": "10" }, { bodiless: true }), {});
  t.same(passedResponseHeaders({ "content-length": "10", "content-encoding": "gzip" }, { bodiless: false }), {
    "content-encoding": "gzip",
  });
  t.same(passedResponseHeaders({ "x-request-id": ["a", "b"] }, { bodiless: false }), {
    "x-request-id": ["a", "b"],
  });
  t.same(
    passedResponseHeaders({ "x-request-id": "a\r\nset-cookie: b" }, { bodiless: false }),
    {},
    "a value no line can hold",
  );
  t.end();
});
