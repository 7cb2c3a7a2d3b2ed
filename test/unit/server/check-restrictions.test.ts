import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { ServerError } from "@vaultproof/server/errors";
import { checkRestrictions, ENFORCED_RESTRICTIONS } from "@vaultproof/server/proxy/check-restrictions";
import type { AuthorisedCall } from "@vaultproof/server/proxy/verify-proof";
import t from "tap";

interface Case {
  readonly method?: string;
  readonly targetPath?: string;
  readonly body?: number;
  readonly form?: "sealed" | "clear";
  readonly origin?: string;
  readonly clientIp?: string;
  readonly slot?: unknown;
  readonly grant?: unknown;
}

const NOW = 1_790_000_000.9;

/** What the check looks at of a call; the proof step is not what is tested here. */
function authorised({
  method = "POST",
  targetPath = "/v1/chat/completions",
  body,
  form = "sealed",
  origin,
  clientIp = "203.0.113.7",
  slot,
  grant,
}: Case): AuthorisedCall {
  return {
    call: { method, targetPath },
    body: body === undefined ? null : new Uint8Array(body),
    share2: { form },
    ...{ origin, clientIp, now: NOW },
    slot: { baseUrl: "https://api.openai.com", restrictions: slot ?? null },
    grant: { restrictions: grant ?? null },
  } as unknown as AuthorisedCall;
}

function reasonFor(about: Case, { requireSealedShares = false, allowsOrigin = true } = {}): string | null {
  try {
    checkRestrictions(
      { upstream: { allowsOrigin: () => allowsOrigin }, requireSealedShares },
      authorised(about),
    );
    return null;
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== "appNotAuthorized") throw error;
    return error.extra.reason ?? "";
  }
}

const METHOD = "Method not allowed";
const PATH = "Path not allowed";
const BODY = "Body too large";
const SEALED = "Sealed share required";
const EXPIRED = "Grant expired";
const ORIGIN = "Origin not allowed";
const IP = "IP address not allowed";
const SITE = "https://app.example";
const WILD = ["https://*.app.example"];

const TABLE: [Restrictions, Omit<Case, "slot" | "grant">, string | null][] = [
  [{}, {}, null],
  [{ methods: ["GET", "POST"] }, {}, null],
  [{ methods: ["GET"] }, {}, METHOD],
  [{ methods: ["GET"] }, { method: "HEAD" }, METHOD],
  [{ mode: "read-only" }, { method: "GET" }, null],
  [{ mode: "read-only" }, { method: "HEAD" }, null],
  [{ mode: "read-only" }, { method: "POST" }, METHOD],
  [{ mode: "read-only" }, { method: "DELETE" }, METHOD],
  [{ mode: "write-only" }, { method: "PATCH" }, null],
  [{ mode: "write-only" }, { method: "GET" }, METHOD],
  [{ paths: ["/v1/models", "/v1/chat/*"] }, {}, null],
  [{ paths: ["/v1/chat/completions"] }, { targetPath: "/v1/chat/completions?stream=1" }, null],
  [{ paths: ["/v1/chat/completions"] }, { targetPath: "/v1/chat/completions/" }, PATH],
  [{ paths: ["/v1/chat/completions"] }, { targetPath: "/v1/Chat/completions" }, PATH],
  [{ paths: ["/v1/chat/*"] }, { targetPath: "/v1/chat/" }, null],
  [{ paths: ["/v1/chat/*"] }, { targetPath: "/v1/chat" }, PATH],
  [{ paths: ["/v1/chat/*"] }, { targetPath: "/v1/embeddings?x=/v1/chat/" }, PATH],
  [{ paths: ["/v1/chat/*"] }, { targetPath: "//v1/chat/x" }, PATH],
  [{ paths: ["/*"] }, {}, null],
  [{ paths: ["/v1/*/completions"] }, {}, PATH],
  [{ paths: ["/v1/c.at/completions"] }, {}, PATH],
  [{ origins: [SITE] }, { origin: SITE }, null],
  [{ origins: ["https://a.example", SITE] }, { origin: SITE }, null],
  [{ origins: [SITE] }, {}, ORIGIN],
  [{ origins: [SITE] }, { origin: "null" }, ORIGIN],
  [{ origins: [SITE] }, { origin: "http://app.example" }, ORIGIN],
  [{ origins: [SITE] }, { origin: "https://app.example:8443" }, ORIGIN],
  [{ origins: [SITE] }, { origin: "https://app.example.evil.example" }, ORIGIN],
  [{ origins: [SITE] }, { origin: "https://evil.example, https://app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://a.app.example" }, null],
  [{ origins: WILD }, { origin: "https://a.b-2.app.example" }, null],
  [{ origins: WILD }, { origin: SITE }, ORIGIN],
  [{ origins: WILD }, { origin: "https://.app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://evilapp.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://evil.example/.app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://evil.example?.app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://user@a.app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "http://a.app.example" }, ORIGIN],
  [{ origins: WILD }, { origin: "https://a.app.example:8443" }, ORIGIN],
  [{ origins: ["https://*.app.example:8443"] }, { origin: "https://a.app.example:8443" }, null],
  [{ ips: ["203.0.113.7"] }, {}, null],
  [{ ips: ["203.0.113.0/24", "2001:db8::/32"] }, {}, null],
  [{ ips: ["203.0.113.0/24"] }, { clientIp: "203.0.114.1" }, IP],
  [{ ips: ["203.0.113.0/24"] }, { clientIp: "::ffff:203.0.113.9" }, null],
  [{ ips: ["::ffff:203.0.113.0/120"] }, {}, null],
  [{ ips: ["2001:db8::/32"] }, { clientIp: "2001:db8:ffff::1" }, null],
  [{ ips: ["2001:db8::/32"] }, { clientIp: "2001:db9::1" }, IP],
  [{ ips: ["0.0.0.0/0"] }, { clientIp: "2001:db9::1" }, IP],
  [{ ips: ["::/0"] }, {}, IP],
  [{ ips: ["0.0.0.0/0"] }, { clientIp: "unknown" }, IP],
  [{ ips: ["0.0.0.0/0"] }, { clientIp: "" }, IP],
  [{ perMinute: 1, perDay: 1, perMonth: 1e9 }, {}, null],
  [{ notAfter: Math.floor(NOW) + 1 }, {}, null],
  [{ notAfter: Math.floor(NOW) }, {}, EXPIRED],
  [{ maxBody: 10 }, {}, null],
  [{ maxBody: 10 }, { body: 10 }, null],
  [{ maxBody: 10 }, { body: 11 }, BODY],
  [{ sealedOnly: true }, {}, null],
  [{ sealedOnly: true }, { form: "clear" }, SEALED],
  [{ sealedOnly: false }, { form: "clear" }, null],
];

void t.test("each member, of the slot and of the grant alike", (t) => {
  for (const [restrictions, about, reason] of TABLE) {
    const name = `${JSON.stringify(restrictions)} ${JSON.stringify(about)}`;
    t.equal(reasonFor({ ...about, slot: restrictions }), reason, `slot ${name}`);
    t.equal(reasonFor({ ...about, grant: restrictions }), reason, `grant ${name}`);
  }
  t.equal(
    reasonFor({ slot: { methods: ["POST"] }, grant: { paths: ["/v1/models"] } }),
    PATH,
    "both must allow",
  );
  t.end();
});

void t.test("a stored member that is not enforced, or that is of a wrong type, refuses every call", (t) => {
  const unenforced = ["sessions", "other"];
  for (const name of unenforced) {
    t.notOk((ENFORCED_RESTRICTIONS as ReadonlySet<string>).has(name), name);
    t.equal(reasonFor({ grant: { [name]: true } }), "Restriction not supported", name);
  }
  t.equal(
    reasonFor({ slot: JSON.parse('{"__proto__": {"methods": ["POST"]}}') }),
    "Restriction not supported",
  );
  t.equal(reasonFor({ slot: "read-only" }), "Restriction not supported");
  for (const name of ENFORCED_RESTRICTIONS) {
    for (const wrong of [null, "x", {}, "true", [], [5], [null], 0, -1, 1.5, 2 ** 53, 1e10]) {
      if (name === "maxBody" || name === "notAfter") continue;
      t.not(reasonFor({ slot: { [name]: wrong } }), null, `${name}: ${JSON.stringify(wrong)}`);
    }
  }
  t.same([...ENFORCED_RESTRICTIONS].sort(), [
    "identity",
    "ips",
    "maxBody",
    "methods",
    "mode",
    "models",
    "notAfter",
    "origins",
    "paths",
    "perDay",
    "perMinute",
    "perMonth",
    "sealedOnly",
  ]);
  t.end();
});

void t.test("what the operator demands", (t) => {
  t.equal(reasonFor({ form: "clear" }, { requireSealedShares: true }), SEALED);
  t.equal(reasonFor({ form: "sealed" }, { requireSealedShares: true }), null);
  t.equal(reasonFor({}, { allowsOrigin: false }), "Provider host not allowed");
  t.end();
});
