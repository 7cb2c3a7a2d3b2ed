import { once, EventEmitter } from "node:events";
import {
  generateIdentityKey,
  retrieveAccessToken,
  signIdentity,
  VaultProofApp,
  type IdentityKeyPair,
  type Prover,
  type VaultProof,
  type VaultProofAppOptions,
} from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { idSignature, jwt, keyList, makeBackendKey } from "../helpers/identity-keys.js";
import { openProver } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack, type Stack } from "../helpers/stack.js";

// From outside, with proofs that hold: what a copied bundle is worth where the grant asks for the backend's word.

const skip = findReferenceString() === undefined && noReferenceString;
const PAGE = "https://app.example.com";
const INVALID_PROOF = "Proof verification failed";

/** A slot whose app may call only with the word of a backend. */
interface Scene {
  readonly stack: Stack;
  readonly vault: VaultProof;
  readonly prover: Prover;
  readonly keySlotId: string;
}

void t.test("with real proofs, through edge and server", { skip }, async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const vault = await openVault(t, stack);
  const { keySlotId } = await storeProviderKey(vault, stack);
  const scene = { stack, vault, prover, keySlotId };
  await t.test("a bundle in a page needs a current token", (t) => pageNeedsToken(t, scene));
  await t.test("tokens are renewed", (t) => tokensAreRenewed(t, scene));
  await t.test("auth cannot be exchanged under a proof", (t) => authIsProved(t, scene));
  await t.test("id signatures, by the SDK and without it", (t) => idSignatures(t, scene));
  await t.test("a private key is not let out", (t) => privateKeyStays(t, scene));
});

async function pageNeedsToken(t: Test, scene: Scene): Promise<void> {
  const { pair, bundle, said } = await grantPage(scene, "page");
  const seen = scene.stack.provider.requests.length;
  const call = async (options: Partial<VaultProofAppOptions>, path = "/v1/models", origin = PAGE) => {
    const app = await openPage(t, scene, { bundle, origin, ...options });
    return await outcomeOf(await app.fetch(path));
  };
  t.equal(await call({}), "Identity required", "a copied bundle alone");
  const restricted = { ...said, origins: [PAGE], paths: ["/v1/*"], methods: ["GET"] as const };
  const { accessToken } = await retrieveAccessToken(restricted);
  t.equal(
    await call({ accessToken }, "/v1/models", "https://evil.example"),
    "Access token not for this origin",
  );
  t.equal(await call({ accessToken }, "/v2/models"), "Access token not for this path");
  const other = await retrieveAccessToken({ ...said, appId: "another-app" });
  t.equal(await call({ accessToken: other.accessToken }), "Identity not accepted", "another app's token");
  const stranger = await generateIdentityKey();
  const forged = await retrieveAccessToken({ ...said, privateKey: stranger.privateKey });
  t.equal(
    await call({ accessToken: forged.accessToken }),
    "Identity not accepted",
    "another backend's token",
  );
  t.equal(scene.stack.provider.requests.length, seen, "the provider saw none of it");

  t.equal(await call({ accessToken }), null, "the page with its token");
  t.equal(scene.stack.provider.requests.length, seen + 1);

  const key = makeBackendKey("EdDSA", "1");
  const { bundle: late } = await scene.vault.apps.grant(scene.keySlotId, "late", {
    identity: { accept: ["accessToken"], keys: keyList(key) },
  });
  const now = Math.floor(Date.now() / 1000);
  const expired = jwt(
    key,
    { aud: `vaultproof:${scene.keySlotId}:late`, sub: "user", iat: now - 120, exp: now - 60 },
    { typ: "vaultproof-access+jwt" },
  );
  t.equal(await call({ bundle: late, accessToken: expired }), "Identity expired");
  const logs = scene.stack.logs();
  for (const token of [accessToken, forged.accessToken, expired]) {
    t.notOk(logs.includes(token.slice(-40)), "no token in any log");
  }
  t.notOk(logs.includes(pair.privateKey.d));
}

async function tokensAreRenewed(t: Test, scene: Scene): Promise<void> {
  const { bundle, said } = await grantPage(scene, "renewing");
  const asked = new EventEmitter();
  const given: string[] = [];
  const sent: string[] = [];
  const app = await openPage(t, scene, {
    bundle,
    observe: (event) => {
      if (event.type === "request" && event.url.endsWith("/proxy/call")) sent.push(event.body ?? "");
    },
    getAccessToken: async () => {
      const { accessToken } = await retrieveAccessToken({ ...said, subject: `user-${given.length}` });
      given.push(accessToken);
      asked.emit("asked");
      // Good for longer than it says, so that a slow machine does not decide.
      return { accessToken, expiresAt: Math.floor(Date.now() / 1000) + 2 };
    },
  });
  const answers = await Promise.all(["/v1/a", "/v1/b"].map(async (path) => outcomeOf(await app.fetch(path))));
  t.same(answers, [null, null]);
  const before = given.length;
  await once(asked, "asked");
  t.ok(given.length > before, "without a call");
  t.equal(await outcomeOf(await app.fetch("/v1/c")), null);
  t.notOk(sent.at(-1)?.includes(given[0] ?? ""), "the first token is not used any more");
  await app.close();
}

async function authIsProved(t: Test, scene: Scene): Promise<void> {
  const { bundle, said } = await grantPage(scene, "proved");
  const [mine, theirs] = [
    await retrieveAccessToken({ ...said, subject: "me" }),
    await retrieveAccessToken({ ...said, subject: "somebody else" }),
  ];
  const outcomes: unknown[] = [];
  const send = async (url: string, init: RequestInit | undefined, body: string) =>
    outcomes.push(await outcomeOf(await fetch(url, { ...init, body })));
  const app = await VaultProofApp.open({
    ...{ url: scene.stack.edgeUrl, bundle, prover: scene.prover, accessToken: mine.accessToken },
    fetch: async (input, init) => {
      const url = input as string;
      if (!url.endsWith("/proxy/call")) return await fetch(url, init);
      const body = init?.body as string;
      await send(url, init, body.replace(mine.accessToken, theirs.accessToken));
      await send(url, init, body.replace(/,"auth":\{[^}]*\}/, ""));
      await send(url, init, body.replace('"auth":{', '"auth":{"identityToken":"a.b.c",'));
      return await fetch(url, init);
    },
  });
  const answer = await app.fetch("/v1/models");
  t.same(outcomes, [INVALID_PROOF, INVALID_PROOF, INVALID_PROOF], "another user's, none, and one more");
  t.equal(await outcomeOf(answer), null, "and as it was proved it is taken");
  await app.close();
}

async function idSignatures(t: Test, scene: Scene): Promise<void> {
  const { keySlotId, vault } = scene;
  const pair = await generateIdentityKey("ES256");
  const own = makeBackendKey("RS256", "own");
  const keys = [...keyList(own), { version: "sdk", jwk: pair.publicKey }];
  const { bundle } = await vault.apps.grant(keySlotId, "signed", {
    identity: { accept: ["idSignature"], keys },
  });
  const said = { keySlotId, appId: "signed", subject: "user-1" };
  const app = await openPage(t, scene, {
    bundle,
    idSignature: () => signIdentity({ ...said, privateKey: pair.privateKey, keyVersion: "sdk" }),
  });
  t.equal(await outcomeOf(await app.fetch("/v1/models")), null, "by the SDK");
  const expiresAt = Math.floor(Date.now() / 1000) + 600;
  const other = idSignature(own, { ...said, expiresAt, keyVersion: "own" });
  const plain = await openPage(t, scene, { bundle, idSignature: other });
  t.equal(await outcomeOf(await plain.fetch("/v1/models")), null, "by a few lines of Node");
  const swapped = other.replace(Buffer.from("user-1").toString("base64url"), "dXNlci0y");
  t.not(swapped, other);
  const forged = await openPage(t, scene, { bundle, idSignature: swapped });
  t.equal(await outcomeOf(await forged.fetch("/v1/models")), "Identity not accepted", "another user's name");
}

async function privateKeyStays(t: Test, { vault, keySlotId, stack }: Scene): Promise<void> {
  const { privateKey } = await generateIdentityKey();
  const identity = { accept: ["idSignature" as const], keys: [{ version: "1", jwk: privateKey }] };
  await t.rejects(vault.apps.grant(keySlotId, "careless", { identity }), {
    code: "invalid-argument",
    message: /private/,
  });
  t.notOk(stack.logs().includes(privateKey.d));
}

/** Grants an app that must show an access token, and says what its backend needs for one. */
async function grantPage({ vault, keySlotId }: Scene, appId: string) {
  const pair: IdentityKeyPair = await generateIdentityKey("ES256");
  const { bundle } = await vault.apps.grant(keySlotId, appId, {
    identity: { accept: ["accessToken"], keys: [{ version: "2026-11", jwk: pair.publicKey }] },
  });
  const { privateKey } = pair;
  return { pair, bundle, said: { privateKey, keyVersion: "2026-11", keySlotId, appId, subject: "user-1" } };
}

/** An app client whose requests come with an `Origin`, as a browser's do. */
async function openPage(
  t: Test,
  { stack, prover }: Scene,
  { origin = PAGE, ...options }: Partial<VaultProofAppOptions> & { bundle: string; origin?: string },
): Promise<VaultProofApp> {
  const app = await VaultProofApp.open({
    ...{ url: stack.edgeUrl, prover, ...options },
    fetch: (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), origin } }),
  });
  t.teardown(() => app.close());
  return app;
}

/** Null where the provider answered, else the reason of the refusal. */
async function outcomeOf(response: Response): Promise<string | null> {
  if (response.headers.get("vp-source") === "upstream") {
    await response.body?.cancel();
    return null;
  }
  return ((await response.json()) as { reason?: string }).reason ?? "";
}
