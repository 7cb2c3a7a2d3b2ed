import { createNodeProver } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { curl, curlSkipReason, pasteCurl, type CurlAnswer } from "../helpers/curl.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";
import { makeUnsentCall, type CallBody } from "../helpers/unsent-calls.js";

// The five refusals that the README invites everybody to try, with the same curl, word for word.

const INVALID_PROOF = '{"error":"Invalid ZK proof","reason":"Proof verification failed"}';
const REPLAY = '{"error":"Proof already used (replay detected)"}';
const FORBIDDEN = '{"error":"Forbidden"}';

/** As it stands in the protocol; only EDGE is replaced. */
const SCEPTICS_CURL = `curl EDGE/api/v1/proxy/call -H "Content-Type: application/json" \\
 -d '{"keySlotId":"any-uuid","share2":"fake","zkProof":"fake-proof","nullifier":"fake","appId":"test","targetPath":"/v1/models","method":"GET"}'`;

const skip = curlSkipReason() || (findReferenceString() === undefined && noReferenceString);

for (const database of ["pglite", "postgres"] as const) {
  const reason = skip || (database === "postgres" && (await postgresSkipReason()));
  void t.test(`five refusals on ${database}`, { skip: reason }, async (t) => {
    const stack = await startStack({ database });
    t.teardown(() => stack.close());
    const { edgeUrl: url, provider } = stack;
    const prover = await createNodeProver({ lanes: 1 });
    t.teardown(() => prover.close());
    const vault = await openVault(t, stack);
    const { keySlotId, bundles } = await storeProviderKey(vault, stack, ["my-app", "other-app"]);
    const [bundle = "", otherBundle = ""] = bundles;
    const make = (path: string, forBundle = bundle) =>
      makeUnsentCall({ url, bundle: forBundle, prover, path });

    await t.test("the sceptic's curl", async (t) => {
      assertAnswer(t, await pasteCurl(SCEPTICS_CURL.replace("EDGE", url)), 403, INVALID_PROOF);
      t.same(provider.requests, []);
    });

    await t.test("a replay", async (t) => {
      const call = await make("/v1/models");
      const first = await send(url, call);
      t.equal(first.status, 200);
      t.equal(first.headers["vp-source"], "upstream");
      t.equal((JSON.parse(first.body) as { object: string }).object, "list");
      for (let again = 0; again < 3; again++) assertAnswer(t, await send(url, call), 403, REPLAY);
      t.equal(provider.requests.length, 1, "one request came to the provider");
    });

    await t.test("an unsent call with another path", async (t) => {
      const before = provider.requests.length;
      const call = await make("/v1/models");
      assertAnswer(t, await send(url, { ...call, targetPath: "/v1/files" }), 403, INVALID_PROOF);
      t.equal(provider.requests.length, before);
      t.equal(
        (await send(url, call)).status,
        200,
        "with its own path it is good, so the path was the reason",
      );
      t.equal(provider.requests.length, before + 1);
    });

    await t.test("requests straight to the backend", async (t) => {
      const backend = stack.servers[0]?.url ?? "";
      for (const [method, path] of straightRequests(keySlotId)) {
        const answer = await curl(["--path-as-is", "-X", method, backend + path]);
        t.match(answer, { status: 403, body: FORBIDDEN }, `${method} ${path.slice(0, 60)}`);
      }
      const call = await make("/v1/models");
      assertAnswer(t, await send(backend, call), 403, FORBIDDEN);
      for (const headers of FORGED_HEADERS) {
        const args = headers.flatMap((header) => ["-H", header]);
        assertAnswer(t, await send(backend, call, args), 403, FORBIDDEN);
      }
      t.equal((await send(url, call)).status, 200, "through the edge the same call is good");
    });

    await t.test("calls after revocation", async (t) => {
      const [ofApp, ofOther] = [await make("/v1/models"), await make("/v1/models", otherBundle)];
      const ofSlot = await make("/v1/models", otherBundle);
      const before = provider.requests.length;
      await vault.apps.revoke(keySlotId, "my-app");
      assertAnswer(t, await send(url, ofApp), 403, INVALID_PROOF);
      // Its proof is over the root before; the SDK would prove anew over the present one, as the next call does.
      assertAnswer(t, await send(url, ofOther), 403, INVALID_PROOF);
      t.equal((await send(url, await make("/v1/models", otherBundle))).status, 200, "the other app goes on");
      await vault.keys.revoke(keySlotId);
      assertAnswer(t, await send(url, ofSlot), 403, INVALID_PROOF);
      t.equal(provider.requests.length, before + 1);
    });
  });
}

function send(url: string, call: CallBody, args: readonly string[] = []): Promise<CurlAnswer> {
  const target = `${url}/api/v1/proxy/call`;
  const options = ["-H", "Content-Type: application/json", ...args, "--data-binary", "@-", target];
  return curl(options, JSON.stringify(call));
}

function assertAnswer(t: Test, answer: CurlAnswer, status: number, body: string): void {
  t.equal(answer.status, status);
  t.equal(answer.body, body);
  t.match(answer.headers, { "vp-source": "vaultproof", "content-type": /^application\/json/ });
}

function straightRequests(keySlotId: string): (readonly [method: string, path: string])[] {
  const paths = [
    "/",
    "/health",
    "/internal/health",
    "/metrics",
    "/.well-known/vaultproof",
    "/.well-known/vaultproof/crs/g1",
    "/api/v1/proxy/call",
    "/api/v1/developers",
    "/api/v1/keys/store",
    "/api/v1/keys/list",
    `/api/v1/keys/${keySlotId}/path?leaf=${"0".repeat(64)}`,
    "/no/such/path",
    "/%",
    "/%zz/%c0%af",
    "/../../etc/passwd",
    `/${"a".repeat(8000)}`,
  ];
  const methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"];
  return [
    ...paths.map((path) => ["GET", path] as const),
    ...paths.slice(1, 12).map((path, i) => [methods[i % methods.length] ?? "", path] as const),
  ];
}

const FORGED_HEADERS = [
  ["vp-client-ip: 127.0.0.1"],
  ["vp-edge: true", "x-forwarded-for: 127.0.0.1"],
  [
    "vp-client-ip: 127.0.0.1",
    `content-digest: sha-256=:${"A".repeat(43)}=:`,
    'signature-input: vp-edge=("@method" "@path" "@query" "content-digest" "vp-client-ip");created=1;expires=9999999999;nonce="n";keyid="test";tag="vaultproof-edge"',
    `signature: vp-edge=:${"A".repeat(43)}=:`,
  ],
];
