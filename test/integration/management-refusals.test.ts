import type { Database } from "@vaultproof/db/database";
import t, { type Test } from "tap";
import {
  MANAGEMENT_ROUTES,
  managementRoutesOf,
  missingSlot,
  storeSlot,
  UNSIGNED_ROUTES,
  type ManagementScene,
  type ValidRequest,
} from "../helpers/management-routes.js";
import { isSignedAnswer, makeDeveloper, signAsEdge, type WireAnswer } from "../helpers/signed-requests.js";
import { openTestApp } from "../helpers/test-app.js";
import { startTestEdge } from "../helpers/test-edge.js";
import { sendWire } from "../helpers/wire.js";
import {
  alteredBody,
  alteredWithDigest,
  signRight,
  WRONG_SIGNATURES,
  type RightRequest,
} from "../helpers/wrong-signatures.js";
import { openAnyDatabase } from "../helpers/any-database.js";

// Every route that a developer signs, taken from the server itself, and everything that may be wrong with a request of
// it, through a real edge over sockets. One request is made for a route, and refused in all ways before it is
// accepted: so nothing but what the refusal is about was wrong with it.

interface Scene extends ManagementScene {
  readonly edgeUrl: string;
  readonly stranger: ManagementScene["developer"];
  readonly strangersSlot: string;
  readonly disabled: ManagementScene["developer"];
}

const UNAUTHORIZED = { status: 401, body: '{"error":"Unauthorized"}' };
const REGISTRATION = "POST /api/v1/developers";

async function setScene(t: Test): Promise<Scene> {
  const db = await openAnyDatabase(t);
  const server = await openTestApp(t, db);
  const edgeUrl = await startTestEdge(t, server);
  const [developer, stranger, disabled] = [
    await server.registered(),
    await server.registered(),
    await server.registered(),
  ];
  await db.query({
    text: "UPDATE developers SET status = 'disabled' WHERE id = $1",
    values: [disabled.keyid],
  });
  const strangersSlot = await storeSlot({ server, developer: stranger });
  return { server, edgeUrl, developer, stranger, strangersSlot, disabled };
}

void t.test("refusals of management", async (t) => {
  const scene = await setScene(t);

  await t.test("are tested for every route that there is", (t) => {
    const routes = managementRoutesOf(scene.server.app).sort();
    t.same(routes, [...Object.keys(MANAGEMENT_ROUTES), ...UNSIGNED_ROUTES].sort());
    t.end();
  });

  for (const [route, make] of Object.entries(MANAGEMENT_ROUTES)) {
    await t.test(`of ${route}`, async (t) => {
      const valid = await make(scene);
      const right: RightRequest = {
        ...valid,
        method: route.split(" ")[0] ?? "",
        developer: valid.signer ?? scene.developer,
        server: scene.server.identity.fingerprint,
      };
      const before = await digestOf(scene.server.db);
      await refuseWrongSignatures(t, scene, right);
      if (route !== REGISTRATION) await refuseOtherDevelopers(t, scene, right);
      await refuseAlteredBodies(t, scene, right);
      if (valid.about !== undefined) await refuseOtherSlots(t, scene, { right, about: valid.about });
      t.same(await digestOf(scene.server.db), before, "nothing was changed by any of them");
      await acceptOnce(t, scene, { right, status: valid.status });
    });
  }
});

async function refuseWrongSignatures(t: Test, scene: Scene, right: RightRequest): Promise<void> {
  for (const [name, makeWrong] of Object.entries(WRONG_SIGNATURES)) {
    assertUnauthorized(t, await sendWire(scene.edgeUrl, await makeWrong(right)), name);
  }
}

async function refuseOtherDevelopers(t: Test, scene: Scene, right: RightRequest): Promise<void> {
  for (const [name, developer] of [
    ["by an unknown key", makeDeveloper()],
    ["by a developer who was disabled", scene.disabled],
    ["by another developer under this one's id", { ...scene.stranger, keyid: right.developer.keyid }],
  ] as const) {
    const request = await signRight(right, { developer });
    assertUnauthorized(t, await sendWire(scene.edgeUrl, request), name);
  }
}

/** The edge compares what a client says of its body; the server what an edge says, and what the developer signed. */
async function refuseAlteredBodies(t: Test, scene: Scene, right: RightRequest): Promise<void> {
  const { server, edgeUrl } = scene;
  if (right.method === "GET") {
    // An edge passes no body of a GET on, so there is nothing to alter; a server takes none.
    for (const alter of [alteredBody, alteredWithDigest]) {
      const request = await signAsEdge(alter(await signRight(right)), server);
      t.match(await server.send(request), { status: 403, json: { error: "Forbidden" } }, "a body of a GET");
    }
    return;
  }
  const atEdge = await sendWire(edgeUrl, alteredBody(await signRight(right)));
  t.equal(atEdge.status, 400, "an altered body under the old digest, at the edge");
  t.match(textOf(atEdge), /Content-Digest does not match/);
  const onTheWay = alteredBody(await signAsEdge(await signRight(right), server));
  t.match(
    await server.send(onTheWay),
    { status: 403, json: { error: "Forbidden" } },
    "altered behind the edge",
  );
  const byTheEdge = await signAsEdge(alteredWithDigest(await signRight(right)), server);
  t.match(await server.send(byTheEdge), { status: 401 }, "altered by the edge, which signs for it");
  const withDigest = await sendWire(edgeUrl, alteredWithDigest(await signRight(right)));
  assertUnauthorized(t, withDigest, "altered, with a digest to match");
}

/** Somebody else's slot and one that is not there: one answer, which the server signs. */
async function refuseOtherSlots(
  t: Test,
  scene: Scene,
  { right, about }: { readonly right: RightRequest; readonly about: NonNullable<ValidRequest["about"]> },
): Promise<void> {
  const { server, edgeUrl, strangersSlot } = scene;
  const answers = await Promise.all(
    [strangersSlot, missingSlot()].map(async (slotId) => {
      const request = await signRight({ ...right, ...about(slotId) });
      const answer = await sendWire(edgeUrl, request);
      t.ok(isSignedAnswer(answer, request, server.identity.publicKey), "answered by the server itself");
      return shapeOf(answer);
    }),
  );
  t.match(answers[0], { status: 404, body: '{"error":"Not found"}' });
  t.same(answers[0], answers[1], "somebody else's slot reads like none");
}

async function acceptOnce(
  t: Test,
  { server, edgeUrl }: Scene,
  { right, status }: { readonly right: RightRequest; readonly status: number },
): Promise<void> {
  const request = await signRight(right);
  const answer = await sendWire(edgeUrl, request);
  t.equal(answer.status, status, `the request itself is accepted: ${textOf(answer)}`);
  t.ok(isSignedAnswer(answer, request, server.identity.publicKey));
  const before = await digestOf(server.db);
  assertUnauthorized(t, await sendWire(edgeUrl, request), "replayed");
  assertUnauthorized(t, await server.sendThroughEdge(request), "replayed by another edge");
  t.same(await digestOf(server.db), before, "a replay changes nothing");
}

function assertUnauthorized(t: Test, answer: WireAnswer, name: string): void {
  const { status, headers } = answer;
  t.same({ status, body: textOf(answer) }, UNAUTHORIZED, name);
  t.notOk("signature" in headers, "what nobody signed is not answered with a signature");
}

/** What tells answers apart: everything but what is random, a time, or an id of the request. */
function shapeOf(answer: WireAnswer): unknown {
  const { status, headers } = answer;
  const members = String(headers["signature-input"]).replace(/created=\d+/, "");
  const { "content-type": type, "content-length": length, "content-digest": digest } = headers;
  return { status, names: Object.keys(headers).sort(), members, type, length, digest, body: textOf(answer) };
}

function textOf({ body }: { readonly body: Uint8Array }): string {
  return Buffer.from(body).toString();
}

/** What every table holds, as digests; nonces and what is logged of refusals aside. */
async function digestOf(db: Database): Promise<Record<string, string>> {
  const { rows: tables } = await db.query<{ name: string }>({
    text: `SELECT relname AS name FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
              AND relname NOT IN ('used_nonces', 'call_log_inbox', 'call_log', 'log_chains') ORDER BY 1`,
  });
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await db.query<{ digest: string }>({
      text: `SELECT md5(coalesce(string_agg(r::text, E'\\n' ORDER BY r::text), '')) AS digest FROM ${name} r`,
    });
    digests[name] = rows[0]?.digest ?? "";
  }
  return digests;
}
