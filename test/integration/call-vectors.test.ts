import { manifest } from "@vaultproof/circuits/manifest";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";
import t from "tap";
import { INVALID_PROOF, REPLAY } from "../helpers/proved-calls.js";
import { openVectorServer, readWholeCalls, type VectorServer } from "../helpers/whole-calls.js";
import { createCircuitHashes } from "../vectors/independent/poseidon2.js";
import { wholeCalls, type WholeCall } from "../vectors/independent/whole-calls.js";

// Whole calls with committed proofs: acceptance, replay and refusal without a prover and its reference string. They were
// made by an implementation that shares nothing with the server's.

const vectors = readWholeCalls();
const [sealedCall, clearCall] = vectors.calls;
if (sealedCall === undefined || clearCall === undefined) throw new Error("calls.json has no calls");

type Call = WholeCall["call"];
const OTHER_SLOT = "b1c2d3e4-f506-4718-a92b-3c4d5e6f7081";

void t.test(
  "the committed calls are what the independent implementation makes, but for the proofs",
  async (t) => {
    const { madeBy, verificationKeySha256, calls, ...rest } = vectors;
    t.equal(madeBy, `Noir ${manifest.noir}, bb.js ${manifest.bbJs}`);
    t.equal(verificationKeySha256, manifest.verificationKeySha256);
    const unproved = calls.map(({ call: { zkProof, ...call }, ...about }) => {
      t.match(zkProof, /^[0-9a-f]{12928}$/);
      return { ...about, call };
    });
    const made: unknown = JSON.parse(JSON.stringify(wholeCalls(await createCircuitHashes())));
    t.strictSame({ ...rest, calls: unproved }, made);
  },
);

void t.test("each proof holds for its statement and for no other", async (t) => {
  const verifier = await createVerifierPool({ verificationKey, size: 1 });
  t.teardown(() => verifier.close());
  for (const { name, statement, call } of vectors.calls) {
    const proof = Buffer.from(call.zkProof, "hex");
    const names = Object.keys(statement) as (keyof typeof statement)[];
    const inputs = (words: typeof statement) => names.map((input) => Buffer.from(words[input], "hex"));
    t.equal(await verifier.verify({ proof, publicInputs: inputs(statement) }), true, name);
    for (const input of names) {
      const publicInputs = inputs({ ...statement, [input]: flipLastBit(statement[input]) });
      t.equal(await verifier.verify({ proof, publicInputs }), false, `another ${input}`);
    }
  }
});

void t.test("a server at the time of the calls", async (t) => {
  const server = await openVectorServer(t, vectors);

  for (const { name, call, forwarded } of vectors.calls) {
    await t.test(name, async (t) => {
      for (const [what, altered] of alterations(call)) {
        t.strictSame(await refusal(server, altered), INVALID_PROOF, `${what} is refused`);
      }
      const [sentBefore, burntBefore] = [server.sent.length, await server.burnt()];
      t.equal(
        (await server.call(call)).status,
        200,
        "as it is it is accepted, and none of those has spent it",
      );
      const sent = server.sent.slice(sentBefore);
      t.match(sent, [{ key: vectors.providerKey, method: call.method, path: call.targetPath }]);
      t.equal(hexOf(sent[0]?.body), forwarded.body);
      t.equal(sent[0]?.destination.baseUrl, vectors.slot.baseUrl);
      t.strictSame(await refusal(server, call), REPLAY);
      const again = { ...call, zkProof: flipLastBit(call.zkProof) };
      t.strictSame(await refusal(server, again), REPLAY, "nor with another proof of it");
      t.equal(server.sent.length, sentBefore + 1, "the provider was called once");
      t.equal(await server.burnt(), burntBefore + 1);
    });
  }
});

void t.test("the time is the database's", async (t) => {
  const server = await openVectorServer(t, vectors);
  const { expiresAt } = clearCall.call;
  for (const now of [expiresAt + 1, expiresAt - 301]) {
    await server.setTime(now);
    t.strictSame(
      await refusal(server, clearCall.call),
      INVALID_PROOF,
      `${now - expiresAt} s from its expiry`,
    );
  }
  await server.setTime(expiresAt - 300);
  t.equal((await server.call(clearCall.call)).status, 200, "300 s before its expiry");
  await server.setTime(expiresAt);
  t.equal((await server.call(sealedCall.call)).status, 200, "at its expiry");
});

void t.test("what the database says decides", async (t) => {
  const server = await openVectorServer(t, vectors);
  const run = (text: string): Promise<void> => server.db.execute(text);
  const changes: { what: string; change: string; back: string; status: number }[] = [
    {
      what: "a disabled developer",
      ...update("developers", "status = 'disabled'", "status = 'active'"),
      status: 403,
    },
    {
      what: "a revoked app",
      ...update("app_grants", "revoked_at = 1 WHERE app_id = 'my-app'", "revoked_at = NULL"),
      status: 403,
    },
    {
      what: "another commitment",
      ...update(
        "key_slots",
        columnOfZeros("vault_commitment"),
        column("vault_commitment", vectors.slot.vaultCommitment),
      ),
      status: 403,
    },
    {
      what: "another root",
      ...update("key_slots", columnOfZeros("app_root"), column("app_root", vectors.slot.appRoot)),
      status: 403,
    },
    {
      what: "another base URL",
      ...update("key_slots", "base_url = 'https://thief.example'", `base_url = '${vectors.slot.baseUrl}'`),
      status: 422,
    },
    {
      what: "another header",
      ...update("key_slots", "header_name = 'x-log'", `header_name = '${vectors.slot.headerName}'`),
      status: 422,
    },
    {
      what: "another owner's key",
      ...update("developers", columnOfZeros("public_key"), column("public_key", vectors.developer.publicKey)),
      status: 422,
    },
    { what: "another version", ...update("key_slots", "version = 2", "version = 1"), status: 422 },
  ];
  for (const { what, change, back, status } of changes) {
    await run(change);
    const answer = await refusal(server, clearCall.call);
    const expected = {
      status,
      body: status === 422 ? { error: "Key reconstruction failed" } : INVALID_PROOF.body,
    };
    t.strictSame(answer, expected, what);
    // The test's own hand: what failed after the burn stays burnt otherwise.
    await run(`${back}; DELETE FROM nullifiers`);
  }
  t.strictSame(server.sent, [], "the key went nowhere");
  t.equal((await server.call(clearCall.call)).status, 200, "as it was it is accepted");
  await run("UPDATE watermark SET below = " + String(sealedCall.call.expiresAt + 1));
  t.strictSame(
    await refusal(server, sealedCall.call),
    INVALID_PROOF,
    "below the watermark nothing is accepted",
  );
});

/** Every member of a call altered in turn, each into something that is well-formed. */
function alterations(call: Call): [what: string, altered: object][] {
  const { share2_encrypted: sealed, share2, bodyBase64, body, headers, auth, ...bare } = call;
  const share = sealed === undefined ? { share2 } : { share2_encrypted: sealed };
  const content = bodyBase64 === undefined ? ("body" in call ? { body } : {}) : { bodyBase64 };
  const rest = { headers, auth };
  const whole = { ...bare, ...share, ...content, ...rest };
  return [
    ["another slot", { ...whole, keySlotId: OTHER_SLOT }],
    ["another app", { ...whole, appId: "another-app" }],
    ["another method", { ...whole, method: call.method === "POST" ? "PATCH" : "POST" }],
    ["another path", { ...whole, targetPath: `${call.targetPath}/` }],
    ["a later expiry", { ...whole, expiresAt: call.expiresAt + 1 }],
    ["an earlier expiry", { ...whole, expiresAt: call.expiresAt - 1 }],
    ["another nullifier", { ...whole, nullifier: flipLastBit(call.nullifier) }],
    ["another proof", { ...whole, zkProof: flipLastBit(call.zkProof) }],
    ["a proof that is shifted", { ...whole, zkProof: call.zkProof.slice(64) + call.zkProof.slice(0, 64) }],
    ["the other form of share", { ...bare, ...content, ...rest, ...otherForm(share2) }],
    ["another share", { ...bare, ...content, ...rest, ...otherShare(call) }],
    ["another header", { ...whole, headers: { ...headers, accept: "text/plain" } }],
    ["another body", { ...bare, ...share, ...rest, bodyBase64: "e30=" }],
    ["another JSON body", { ...bare, ...share, ...rest, body: {} }],
    ["another token", { ...whole, auth: { identityToken: "a.b.d" } }],
    ["an empty token object", { ...whole, auth: {} }],
  ];
}

function otherForm(clear: string | undefined): object {
  const bytes = Buffer.alloc(96, 1);
  return clear === undefined
    ? { share2: bytes.toString("base64") }
    : { share2_encrypted: `0x${bytes.toString("hex")}` };
}

function otherShare({ share2, share2_encrypted: sealed }: Call): object {
  if (sealed !== undefined) return { share2_encrypted: flipLastBit(sealed) };
  const bytes = Buffer.from(share2 ?? "", "base64");
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return { share2: bytes.toString("base64") };
}

async function refusal(server: VectorServer, call: object): Promise<{ status: number; body: unknown }> {
  const { status, json } = await server.call(call);
  return { status, body: json };
}

function flipLastBit(hex: string): string {
  return hex.slice(0, -1) + (Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16);
}

function update(table: string, change: string, back: string): { change: string; back: string } {
  return { change: `UPDATE ${table} SET ${change}`, back: `UPDATE ${table} SET ${back}` };
}

function column(name: string, hex: string): string {
  return `${name} = '\\x${hex}'`;
}

function columnOfZeros(name: string): string {
  return column(name, "00".repeat(32));
}

function hexOf(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString("hex");
}
