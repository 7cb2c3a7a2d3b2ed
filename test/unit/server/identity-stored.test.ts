import { generateKeyPairSync } from "node:crypto";
import t from "tap";
import { onAnyDatabase } from "../../helpers/databases.js";
import { makeBackendKey, keyList } from "../../helpers/identity-keys.js";
import { makeStoreRequest, randomField } from "../../helpers/store-request.js";
import { openTestApp } from "../../helpers/test-app.js";

await onAnyDatabase(t, "an identity restriction, stored and granted", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();
  const storageKey = server.storageKeys.current.publicKey;
  const store = async (members: Record<string, unknown>) => {
    const request = await makeStoreRequest({ developer, storageKey, members });
    const answer = await server.manage(developer, "POST", "/api/v1/keys/store", request);
    return { ...answer, keySlotId: request.keySlotId };
  };
  const key = makeBackendKey("ES256");
  const good = { accept: ["idSignature"], keys: keyList(key), perDay: 5 };
  const { keySlotId, ...stored } = await store({ restrictions: { identity: good } });
  const grant = (identity: unknown) =>
    server.manage(developer, "POST", `/api/v1/keys/${keySlotId}/grant`, {
      ...{ appId: "my-app", leaf: randomField(), restrictions: { identity } },
    });

  await t.test("with public keys it is kept as it came", async (t) => {
    t.match(stored, { status: 201 });
    t.match(await grant(good), { status: 201 });
    const { rows } = await server.db.query<{ slot: unknown; app: unknown }>({
      text: `SELECT s.restrictions AS slot, g.restrictions AS app FROM key_slots s JOIN app_grants g ON g.slot_id = s.id
              WHERE s.id = $1 AND g.app_id = 'my-app'`,
      values: [keySlotId],
    });
    t.same(rows, [{ slot: { identity: good }, app: { identity: good } }]);
  });

  await t.test("with a key that is private, or none, it is refused and nothing is kept", async (t) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const whole = privateKey.export({ format: "jwk" });
    const cases: [object, RegExp][] = [
      [whole, /jwk: a private or symmetric key/],
      [{ kty: "oct", k: whole.d }, /jwk: a private or symmetric key/],
      [{ ...key.jwk, y: Buffer.alloc(32, 1).toString("base64url") }, /key version 1 is no key of its type/],
      [{ ...key.jwk, alg: "HS256" }, /alg contradicts the key/],
    ];
    for (const [jwk, told] of cases) {
      const identity = { ...good, keys: [{ version: "1", jwk }] };
      const restrictions = { identity };
      const app = { appId: "my-app", leaf: randomField(), restrictions };
      for (const answer of [
        await store({ restrictions }),
        await store({ apps: [app] }),
        await grant(identity),
      ]) {
        t.match(answer, { status: 400, json: { error: "Invalid request" } });
        t.match(JSON.stringify(answer.json), told);
        t.notOk(JSON.stringify(answer.json).includes(String(whole.d)), "nothing of it is repeated");
      }
    }
    const { rows } = await server.db.query<{ text: string }>({
      text: "SELECT coalesce(string_agg(s.restrictions::text, ''), '') AS text FROM key_slots s",
    });
    t.notOk(rows[0]?.text.includes(String(whole.d)));
    t.notOk(server.log.join("").includes(String(whole.d)), "nor logged");
  });
});
