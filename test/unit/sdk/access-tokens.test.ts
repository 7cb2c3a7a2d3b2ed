import { once, EventEmitter } from "node:events";
import { inspect } from "node:util";
import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import type { VaultProofAppOptions } from "@vaultproof/sdk";
import t from "tap";
import { createMemoryVault, type MemoryVault } from "../../helpers/memory-vault.js";

interface SentCall {
  readonly nullifier: string;
  readonly auth?: unknown;
}

const UNAVAILABLE = { code: "auth-unavailable" };

function sentCalls(memory: MemoryVault): SentCall[] {
  return memory.service.requests
    .filter(({ path }) => path === "/api/v1/proxy/call")
    .map(({ body }) => JSON.parse(body) as SentCall);
}

const sentAuth = (memory: MemoryVault): unknown[] => sentCalls(memory).map(({ auth }) => auth);

/** A JWT that nobody signed, which the client cannot know. */
function token(name: string, exp: unknown): string {
  const parts = [{ alg: "none" }, { exp, name }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return `${parts.join(".")}.AA`;
}

/** Tokens one after the other, each good for as many seconds as it is told. */
function tokens(memory: MemoryVault, ...lifetimes: readonly number[]) {
  const given: string[] = [];
  const asked = new EventEmitter();
  const getAccessToken = () => {
    const lifetime = lifetimes[Math.min(given.length, lifetimes.length - 1)] ?? 300;
    const text = token(`token ${given.length}`, memory.service.state.clock() + lifetime);
    given.push(text);
    asked.emit("asked");
    return Promise.resolve(text);
  };
  return { given, asked, getAccessToken };
}

void t.test("what is given goes into auth, and the proof covers it", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, bundle } = await memory.openStoredApp();
  t.equal((await app.fetch("/v1/models")).status, 200);
  const exp = memory.service.state.clock() + 300;
  let asked = 0;
  const cases: [Partial<VaultProofAppOptions>, unknown][] = [
    [{ identityToken: "a.b.c" }, { identityToken: "a.b.c" }],
    [{ idSignature: () => `v1.${asked++}` }, { idSignature: "v1.0" }],
    [{ identityToken: () => Promise.resolve("d.e.f") }, { identityToken: "d.e.f" }],
    [{ accessToken: token("x", exp) }, { accessToken: token("x", exp) }],
    [
      { accessToken: token("y", exp), identityToken: "a.b.c", idSignature: "v1" },
      { accessToken: token("y", exp), identityToken: "a.b.c", idSignature: "v1" },
    ],
    [
      { getAccessToken: () => Promise.resolve({ accessToken: "opaque", expiresAt: exp }) },
      { accessToken: "opaque" },
    ],
  ];
  for (const [options, auth] of cases) {
    const other = await memory.openApp(bundle, options);
    t.equal((await other.fetch("/v1/models")).status, 200);
    t.same(sentAuth(memory).at(-1), auth);
    await other.close();
  }
  t.equal(sentAuth(memory)[0], undefined);
  memory.service.intercept((request, next) =>
    request.path === "/api/v1/proxy/call"
      ? next({ ...request, body: request.body.replace("a.b.c", "a.b.d") })
      : next(),
  );
  const tampered = await memory.openApp(bundle, { identityToken: "a.b.c" });
  t.equal((await tampered.fetch("/v1/models")).status, 403, "another word under the same proof");
});

void t.test(
  "a token is asked for once, by calls at the same time too, and again before it runs out",
  async (t) => {
    const memory = await createMemoryVault(t);
    const { bundle } = await memory.openStoredApp();
    const { given, getAccessToken } = tokens(memory, 300);
    const app = await memory.openApp(bundle, { getAccessToken });
    t.teardown(() => app.close());
    t.equal(given.length, 0, "not before it is needed");
    await Promise.all(["/a", "/b", "/c"].map((path) => app.fetch(path)));
    await app.fetch("/d");
    t.equal(given.length, 1);
    t.same(sentAuth(memory), Array(4).fill({ accessToken: given[0] }));

    const real = memory.service.state.clock;
    memory.service.state.clock = () => real() + 280;
    await app.fetch("/learn-the-time");
    await Promise.all(["/a", "/b"].map((path) => app.fetch(path)));
    t.equal(given.length, 2, "20 s before its end");
    t.same(sentAuth(memory).slice(-2), Array(2).fill({ accessToken: given[1] }));
  },
);

void t.test("a token is renewed by itself, without any call, until the client is closed", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const { given, asked, getAccessToken } = tokens(memory, 2);
  const app = await memory.openApp(bundle, { getAccessToken });
  await app.fetch("/v1/models");
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  await once(asked, "asked");
  t.ok(given.length >= 2);
  await app.close();
  const before = given.length;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  t.equal(given.length, before, "nobody asks for a closed client");
});

void t.test("a token that cannot be had", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const now = memory.service.state.clock();
  const cause = new Error("the backend is down");
  const failing: VaultProofAppOptions["getAccessToken"][] = [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
    () => Promise.resolve(""),
    () => Promise.resolve("no token"),
    () => Promise.resolve(token("secret-of-mine", "soon")),
    () => Promise.resolve(token("secret-of-mine", now - 1)),
    () => Promise.resolve({ accessToken: "x".repeat(20_000), expiresAt: now + 300 }),
    () => Promise.resolve({ accessToken: "secret-of-mine", expiresAt: "soon" as unknown as number }),
    () => Promise.resolve(undefined as unknown as string),
    () => Promise.resolve(null as unknown as string),
    () => Promise.resolve({} as unknown as string),
  ];
  for (const getAccessToken of failing) {
    const app = await memory.openApp(bundle, { getAccessToken });
    const error: unknown = await app.fetch("/v1/models").catch((caught: unknown) => caught);
    t.match(error, UNAVAILABLE, String(getAccessToken));
    t.notOk(inspect(error, { depth: 5 }).includes("secret-of-mine"));
    await app.close();
  }
  for (const text of [() => Promise.reject(cause), () => "", () => "a b", () => 5 as unknown as string]) {
    const app = await memory.openApp(bundle, { identityToken: text });
    await t.rejects(app.fetch("/v1/models"), UNAVAILABLE);
  }
  t.equal(sentCalls(memory).length, 0, "and nothing was sent without it");
});

void t.test(
  "a failure is over when the backend is back, and hurts nobody while the old token holds",
  async (t) => {
    const memory = await createMemoryVault(t);
    const { bundle } = await memory.openStoredApp();
    const { state } = memory.service;
    const real = state.clock;
    let down = true;
    const getAccessToken = () =>
      down ? Promise.reject(new Error("down")) : Promise.resolve(token("new", state.clock() + 300));
    const old = token("old", real() + 300);
    const app = await memory.openApp(bundle, { accessToken: old, getAccessToken });
    t.teardown(() => app.close());
    await app.fetch("/v1/models");
    state.clock = () => real() + 280;
    await app.fetch("/learn-the-time");
    await app.fetch("/v1/models");
    t.same(sentAuth(memory), Array(3).fill({ accessToken: old }), "it still holds");
    state.clock = () => real() + 301;
    await app.fetch("/learn-the-time");
    await t.rejects(app.fetch("/v1/models"), UNAVAILABLE);
    down = false;
    await app.fetch("/v1/models");
    t.same(sentAuth(memory).at(-1), { accessToken: token("new", state.clock() + 300) });
  },
);

void t.test("an expiry in milliseconds does not make a token last for ever", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const real = memory.service.state.clock;
  let asked = 0;
  const app = await memory.openApp(bundle, {
    getAccessToken: () => {
      const exp = memory.service.state.clock() + 300;
      return Promise.resolve({ accessToken: token(`${asked++}`, exp), expiresAt: exp * 1000 });
    },
  });
  t.teardown(() => app.close());
  await app.fetch("/v1/models");
  memory.service.state.clock = () => real() + 290;
  await app.fetch("/learn-the-time");
  await app.fetch("/v1/models");
  t.equal(asked, 2);
});

void t.test("a fixed token: its end is told once, and another can be set", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const now = memory.service.state.clock;
  const told: number[] = [];
  const expiring = new EventEmitter();
  const app = await memory.openApp(bundle, {
    accessToken: token("first", now() + 2),
    onAccessTokenExpiring: (secondsLeft) => {
      told.push(secondsLeft);
      expiring.emit("told");
    },
  });
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  await once(expiring, "told");
  t.ok(told.every((seconds) => seconds >= 0 && seconds <= 2));
  const second = token("second", now() + 300);
  app.setAccessToken(second);
  await app.fetch("/v1/models");
  t.same(sentAuth(memory), [{ accessToken: second }]);
  t.equal(told.length, 1);
  t.throws(() => app.setAccessToken("no token"), { code: "invalid-argument" });
  await app.close();
});

void t.test("a token without an end in sight is not renewed at once, over and over", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const { given, getAccessToken } = tokens(memory, 100 * 365 * 86_400);
  const app = await memory.openApp(bundle, { getAccessToken });
  t.teardown(() => app.close());
  await app.fetch("/v1/models");
  // What a timer does with more milliseconds than it can count: it fires at once.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  t.equal(given.length, 1);
});

void t.test("a retry carries the same auth", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const { state } = memory.service;
  let asked = 0;
  const app = await memory.openApp(bundle, { idSignature: () => `v1.${asked++}` });
  await app.fetch("/v1/models");
  state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 }];
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.same(sentAuth(memory), [{ idSignature: "v1.0" }, { idSignature: "v1.1" }, { idSignature: "v1.1" }]);
});

void t.test("who waits for a token can give up", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const app = await memory.openApp(bundle, { getAccessToken: () => new Promise(() => undefined) });
  const abort = new AbortController();
  const waiting = app.fetch("/v1/models", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await t.rejects(waiting, { message: "enough" });
});

void t.test("options that are none, and a client that does not open", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const wrong: Record<string, unknown>[] = [
    { accessToken: "" },
    { accessToken: "no token" },
    { accessToken: 5 },
    { accessToken: "a".repeat(20_000) },
    { getAccessToken: "a token" },
    { onAccessTokenExpiring: 5 },
    { identityToken: "" },
    { identityToken: "line\nbreak" },
    { identityToken: 5 },
    { idSignature: {} },
  ];
  for (const options of wrong) {
    await t.rejects(
      memory.openApp(bundle, options),
      { code: "invalid-argument" },
      inspect(options).slice(0, 60),
    );
  }
  const { given, getAccessToken } = tokens(memory, 2);
  const accessToken = token("first", memory.service.state.clock() + 2);
  memory.service.intercept(() => new Response("no", { status: 500 }));
  await t.rejects(memory.openApp(bundle, { accessToken, getAccessToken }));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  t.equal(given.length, 0, "nobody renews for a client that there is not");
});

void t.test("a client shows none of its tokens", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const accessToken = token("secret", memory.service.state.clock() + 300);
  const app = await memory.openApp(bundle, { accessToken, identityToken: "very.secret.token" });
  t.teardown(() => app.close());
  const shown = [inspect(app, { depth: 10, showHidden: true }), JSON.stringify(app)].join("\n");
  t.notOk(shown.includes(accessToken));
  t.notOk(shown.includes("very.secret.token"));
});
