import { randomUUID } from "node:crypto";
import t from "tap";
import { LIMITS } from "@vaultproof/protocol/limits";
import { openAnyDatabase } from "../../helpers/any-database.js";
import { plainRequest, signAsDeveloper } from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const db = await openAnyDatabase(t);
const server = await openTestApp(t, db);
const developer = await server.registered();
const slot = randomUUID();
const routes = [
  "/api/v1/developers",
  "/api/v1/keys/store",
  `/api/v1/keys/revoke/${slot}`,
  `/api/v1/keys/${slot}/grant`,
  `/api/v1/keys/${slot}/revoke-app`,
];

const bodies: Record<string, { body: Buffer; type?: string; status: number }> = {
  "no JSON": { body: Buffer.from("{"), status: 400 },
  "JSON and more": { body: Buffer.from("{} {}"), status: 400 },
  "another JSON type": { body: Buffer.from("[1]"), status: 400 },
  "a number": { body: Buffer.from("1"), status: 400 },
  "a member nobody knows": { body: Buffer.from('{"surprise":1}'), status: 400 },
  "a member called __proto__": { body: Buffer.from('{"__proto__":{"appId":"a"}}'), status: 400 },
  "a member called constructor": { body: Buffer.from('{"constructor":{"prototype":{"x":1}}}'), status: 400 },
  "a member twice": { body: Buffer.from('{"appId":"a","appId":"b"}'), status: 400 },
  "invalid UTF-8": { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), status: 400 },
  "a byte order mark": { body: Buffer.from("\ufeff{}"), status: 400 },
  "deep nesting": { body: Buffer.from("[".repeat(100_000) + "]".repeat(100_000)), status: 400 },
  "deep nesting in objects": {
    body: Buffer.from('{"a":'.repeat(50_000) + "1" + "}".repeat(50_000)),
    status: 400,
  },
  "another content type": { body: Buffer.from("{}"), type: "text/plain", status: 415 },
  "a form": { body: Buffer.from("a=b"), type: "application/x-www-form-urlencoded", status: 415 },
  "another charset": { body: Buffer.from("{}"), type: "application/json; charset=utf-16", status: 415 },
  "no content type that anybody knows": { body: Buffer.from("{}"), type: "nonsense", status: 415 },
  "more than the limit": { body: Buffer.alloc(LIMITS.developerBodyBytes + 1, 0x20), status: 413 },
};

for (const url of routes) {
  await t.test(`POST ${url.replace(slot, ":id")}`, async (t) => {
    for (const [name, { body, type, status }] of Object.entries(bodies)) {
      const plain = plainRequest("POST", url, {
        body,
        headers: { "content-type": type ?? "application/json" },
      });
      const request = await signAsDeveloper(plain, { developer, server: server.identity.fingerprint });
      const answer = await server.sendThroughEdge(request);
      t.equal(answer.status, status, `${name}: status`);
      t.type((answer.json as { error: unknown }).error, "string", `${name}: documented shape`);
      t.notMatch(answer.body.toString(), /stack|node:|\/src\//, `${name}: nothing of the inside`);
    }
    if (url === "/api/v1/keys/store" || url.endsWith("grant") || url.endsWith("revoke-app")) {
      t.match(await server.manage(developer, "POST", url), { status: 400 }, "no body at all");
    }
  });
}

await t.test("the server is still up and nothing was polluted", async (t) => {
  t.match(await server.manage(developer, "GET", "/api/v1/keys/list"), {
    status: 200,
    json: { keySlots: [] },
  });
  t.notOk("appId" in {});
});
