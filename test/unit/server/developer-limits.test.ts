import t from "tap";
import { onAnyDatabase } from "../../helpers/databases.js";
import {
  isSignedAnswer,
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type TestDeveloper,
} from "../../helpers/signed-requests.js";
import { makeStoreRequest } from "../../helpers/store-request.js";
import { openTestApp, type TestAnswer } from "../../helpers/test-app.js";

const STORE = "/api/v1/keys/store";
const LIST = "/api/v1/keys/list";

await onAnyDatabase(t, "slots of a developer", async (t, open) => {
  const config = { slotsPerDeveloper: 3 };
  const servers = [
    await openTestApp(t, await open(), { config }),
    await openTestApp(t, await open(), { config }),
  ] as const;
  const [server, other] = servers;

  await t.test("stores at once do not pass the limit", async (t) => {
    const developer = await server.registered();
    const stores = Array.from({ length: 12 }, async (_, i) => {
      const at = servers[i % 2] ?? server;
      const request = await makeStoreRequest({ developer, storageKey: at.storageKeys.current.publicKey });
      return { request, answer: await at.manage(developer, "POST", STORE, request) };
    });
    const answers = await Promise.all(stores);
    const refused = answers.filter(({ answer }) => answer.status !== 201);
    t.equal(refused.length, 9);
    for (const { answer } of refused) {
      t.strictSame(answer, {
        status: 409,
        json: { error: "Too many key slots", reason: "Revoke one first", limit: 3, used: 3 },
      });
    }
    const { json } = await server.manage(developer, "GET", LIST);
    t.equal((json as { keySlots: unknown[] }).keySlots.length, 3, "nothing of the others is left");

    const stored = answers.findIndex(({ answer }) => answer.status === 201);
    const first = answers[stored]?.request;
    t.match(
      await (servers[stored % 2] ?? server).manage(developer, "POST", STORE, first),
      { status: 201 },
      "the repeat of one that is stored is none more",
    );
    await server.manage(developer, "POST", `/api/v1/keys/revoke/${first?.keySlotId ?? ""}`);
    const storageKey = other.storageKeys.current.publicKey;
    const next = await makeStoreRequest({ developer, storageKey });
    t.match(
      await other.manage(developer, "POST", STORE, next),
      { status: 201 },
      "a revoked one does not count",
    );

    const somebody = await server.registered();
    const theirs = await makeStoreRequest({ developer: somebody, storageKey });
    t.match(await other.manage(somebody, "POST", STORE, theirs), { status: 201 });
  });
});

await onAnyDatabase(t, "requests of a developer", async (t, open) => {
  const config = { developerRequestsPerMinute: 5 };
  const servers = [
    await openTestApp(t, await open(), { config }),
    await openTestApp(t, await open(), { config }),
  ] as const;

  /** Sends a signed request and says whether the server signed its answer. */
  const ask = async (developer: TestDeveloper, i: number): Promise<TestAnswer & { signed: boolean }> => {
    const server = servers[i % 2] ?? servers[0];
    const { fingerprint, publicKey } = server.identity;
    const request = await signAsDeveloper(plainRequest("GET", LIST), { developer, server: fingerprint });
    const answer = await server.sendThroughEdge(request);
    return { ...answer, signed: isSignedAnswer(answer, request, publicKey) };
  };

  await t.test("those over the limit are refused, by a signed answer, at every server", async (t) => {
    const developer = await servers[0].registered();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(developer, i)));
    const refused = answers.filter(({ status }) => status !== 200);
    // The registration was one; a minute may end meanwhile.
    t.ok(refused.length === 26 || (refused.length > 20 && refused.length < 26), `${refused.length} refused`);
    for (const { status, json, headers, signed } of refused) {
      t.equal(status, 429);
      t.ok(signed);
      t.match(json, {
        error: "Too many requests",
        reason: "Requests of the developer",
        limit: 5,
        used: 5,
        reset: Number,
      });
      const retryAfter = Number(headers["retry-after"]);
      t.ok(retryAfter >= 1 && retryAfter <= 60);
    }
    t.equal((await ask(await servers[1].registered(), 1)).status, 200, "another developer's are not counted");
  });

  await t.test("what is not signed by the developer counts for nothing", async (t) => {
    const developer = await servers[0].registered();
    const stranger = makeDeveloper();
    for (let i = 0; i < 10; i++) {
      const { identity } = servers[0];
      const forged = await signAsDeveloper(plainRequest("GET", LIST), {
        developer: { ...stranger, keyid: developer.keyid },
        server: identity.fingerprint,
      });
      t.equal((await servers[0].sendThroughEdge(forged)).status, 401);
    }
    t.equal((await ask(developer, 0)).status, 200);
  });

  await t.test("registrations of one key count too", async (t) => {
    const developer = makeDeveloper();
    const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const at = servers[i % 2] ?? servers[0];
      statuses.push((await at.manage(developer, "POST", "/api/v1/developers", { publicKey })).status);
    }
    t.equal(statuses[0], 201);
    t.ok(statuses.filter((status) => status === 429).length >= 2);
  });
});
