import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { keyList, makeBackendKey } from "../../helpers/identity-keys.js";
import { AUDIENCE, ISSUER, setIdentityStage } from "../../helpers/identity-stage.js";

// What step 5 takes for a statement of the developer's backend, whatever signs it, and what it does not.

const KINDS = ["idSignature", "identityToken", "accessToken"] as const;
const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
const NAMES = { issuer: ISSUER, audience: AUDIENCE };

const REQUIRED = "403 Identity required";
const NOT_ACCEPTED = "403 Identity not accepted";
const EXPIRED = "403 Identity expired";

const keys = {
  RS256: makeBackendKey("RS256"),
  ES256: makeBackendKey("ES256"),
  EdDSA: makeBackendKey("EdDSA"),
};

void t.test("each kind by each algorithm, of the slot and of the grant alike", async (t) => {
  const stage = await setIdentityStage(t);
  for (const algorithm of ALGORITHMS) {
    const key = keys[algorithm];
    const other = makeBackendKey(algorithm);
    for (const kind of KINDS) {
      const name = `${kind} ${algorithm}`;
      const identity = {
        ...{ accept: [kind], keys: keyList(key) },
        ...(kind === "identityToken" ? NAMES : {}),
      };
      const good = await stage[kind](key);
      const forged = await stage[kind](other);
      for (const where of ["slot", "grant"]) {
        await stage.restrict({ [where]: { identity } });
        t.equal(await stage.call({ [kind]: good }), null, `${name}, ${where}`);
        t.equal(await stage.call({ [kind]: forged }), NOT_ACCEPTED, `${name}, ${where}: another key`);
        t.equal(await stage.call(undefined), REQUIRED, `${name}, ${where}: nothing`);
        t.equal(await stage.call({}), REQUIRED, `${name}, ${where}: an empty auth`);
      }
      for (const unasked of KINDS.filter((other) => other !== kind)) {
        t.equal(await stage.call({ [unasked]: good }), REQUIRED, `${name} as ${unasked}`);
      }
    }
  }
});

void t.test("what no rule asks for is not looked at", async (t) => {
  const stage = await setIdentityStage(t);
  t.equal(await stage.call({ idSignature: "x", identityToken: "y", accessToken: "z" }), null);
  await stage.restrict({ grant: { identity: { accept: ["idSignature"], keys: keyList(keys.EdDSA) } } });
  t.equal(await stage.call({ idSignature: await stage.idSignature(keys.EdDSA), accessToken: "z" }), null);
});

void t.test("every accepted kind that is there must hold, and all name one subject", async (t) => {
  const stage = await setIdentityStage(t);
  const key = keys.EdDSA;
  const [idSignature, accessToken] = [await stage.idSignature(key), await stage.accessToken(key)];
  const others = {
    idSignature: await stage.idSignature(key, { subject: "another" }),
    accessToken: await stage.accessToken(key, { sub: "another" }),
  };
  const both = { accept: ["idSignature", "accessToken"], keys: keyList(key) };
  const only = (kind: string) => ({ identity: { accept: [kind], keys: keyList(key) } });
  await stage.restrict({ grant: { identity: both } });
  t.equal(await stage.call({ idSignature }), null);
  t.equal(await stage.call({ accessToken }), null);
  t.equal(await stage.call({ idSignature, accessToken }), null);
  t.equal(await stage.call({ idSignature, accessToken: "x" }), NOT_ACCEPTED, "no way back to the other");
  t.equal(await stage.call({ idSignature: "x", accessToken }), NOT_ACCEPTED);
  t.equal(await stage.call({ idSignature: "", accessToken }), NOT_ACCEPTED);
  t.equal(await stage.call({ idSignature, accessToken: others.accessToken }), "403 Identities differ");
  await stage.restrict({ slot: only("idSignature"), grant: only("accessToken") });
  t.equal(await stage.call({ idSignature, accessToken }), null);
  t.equal(await stage.call({ idSignature }), REQUIRED);
  t.equal(await stage.call({ accessToken }), REQUIRED);
  t.equal(await stage.call({ idSignature: others.idSignature, accessToken }), "403 Identities differ");
  t.equal(await stage.call({ ...others }), null, "the same other one");
});

void t.test("the subject stands in the slot's log, also where the call is refused later", async (t) => {
  const { stage, restrict, call, idSignature } = await setIdentityStage(t);
  await restrict({ grant: { identity: { accept: ["idSignature"], keys: keyList(keys.EdDSA) } } });
  const logged = async (targetPath: string): Promise<unknown> => {
    const text = `SELECT subject FROM call_log_inbox WHERE endpoint = $1
                  UNION ALL SELECT subject FROM call_log WHERE endpoint = $1`;
    for (;;) {
      const { rows } = await stage.db.query<{ subject: unknown }>({ text, values: [targetPath] });
      if (rows[0] !== undefined) return rows[0].subject;
      await delay(20);
    }
  };
  const good = { idSignature: await idSignature(keys.EdDSA, { subject: "użytkownik 😀" }) };
  t.equal(await call(good, { targetPath: "/answered" }), null);
  t.equal(await logged("/answered"), "użytkownik 😀");
  const unopenable = { targetPath: "/refused-later", share2_encrypted: `0x${"ab".repeat(120)}` };
  t.equal(await call(good, unopenable), "422 Unknown transport key");
  t.equal(await logged("/refused-later"), "użytkownik 😀");
  const forged = { idSignature: await idSignature(keys.EdDSA, {}, { subject: "somebody else" }) };
  t.equal(await call(forged, { targetPath: "/forged" }), NOT_ACCEPTED);
  t.equal(await logged("/forged"), null, "nobody's name on a forger's word");
  await restrict({});
  t.equal(await call(good, { targetPath: "/unasked" }), null);
  t.equal(await logged("/unasked"), null, "nor on one that nobody looked at");
});

void t.test("each subject has a cap of its own, which nobody else can use up", async (t) => {
  const { restrict, call, idSignature } = await setIdentityStage(t);
  const identity = { accept: ["idSignature"], keys: keyList(keys.EdDSA), perMonth: 2 };
  await restrict({ grant: { identity } });
  const [ann, bob] = [
    { idSignature: await idSignature(keys.EdDSA, { subject: "ann" }) },
    { idSignature: await idSignature(keys.EdDSA, { subject: "bob" }) },
  ];
  const forged = { idSignature: await idSignature(keys.EdDSA, { subject: "bob" }, { subject: "ann" }) };
  for (let i = 0; i < 4; i++) t.equal(await call(forged), NOT_ACCEPTED);
  t.equal(await call(ann), null);
  t.equal(await call(ann), null);
  t.equal(await call(ann), "429 perMonth of the subject");
  t.equal(await call(bob), null);
  t.equal(await call(bob), null);
  t.equal(await call(bob), "429 perMonth of the subject");
});

void t.test("a stored rule that cannot be read refuses every call", async (t) => {
  const stage = await setIdentityStage(t);
  const key = keys.EdDSA;
  const idSignature = await stage.idSignature(key);
  const good = { accept: ["idSignature"], keys: keyList(key) };
  await stage.restrict({ grant: { identity: good } });
  t.equal(await stage.call({ idSignature }), null);
  const y = Buffer.alloc(32, 1).toString("base64url");
  for (const identity of [
    null,
    {},
    [],
    "x",
    { ...good, accept: [] },
    { ...good, keys: [] },
    { ...good, accept: ["idSignature", "other"] },
    { ...good, unknown: true },
    { ...good, keys: [...good.keys, { version: "off", jwk: { ...keys.ES256.jwk, y } }] },
  ]) {
    for (const where of ["slot", "grant"]) {
      await stage.restrict({ [where]: { identity } });
      t.equal(await stage.call({ idSignature }), "403 Restriction not supported", JSON.stringify(identity));
    }
  }
});

/** The cases that are tried with each algorithm; the others with one. */
const DEPENDS_ON_ALGORITHM = /^(?:good|another|a bit|a byte|the other key|no signature|expired$)/;

void t.test("an id signature is for one slot, app, subject, time and key", async (t) => {
  const stage = await setIdentityStage(t);
  const now = await stage.now();
  for (const algorithm of ALGORITHMS) {
    const key = keys[algorithm];
    const second = { ...makeBackendKey(algorithm), version: "v.2" };
    await stage.restrict({ grant: { identity: { accept: ["idSignature"], keys: keyList(key, second) } } });
    const sign = (...about: Parameters<typeof stage.idSignature>) => stage.idSignature(...about);
    const good = await sign(key);
    const [v1 = "", version = "", expiry = "", subject = "", signature = ""] = good.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const flipped = Buffer.from(bytes);
    flipped[5] = (flipped[5] ?? 0) ^ 1;
    const respelt = (text: string) => [v1, version, expiry, subject, text].join(".");
    const cases: Record<string, [string, string | null]> = {
      good: [good, null],
      "another key of the list, its version with points": [await sign(second), null],
      "a subject of 256 astral characters": [await sign(key, { subject: "😀".repeat(256) }), null],
      "another slot": [await sign(key, { keySlotId: "00000000-0000-4000-8000-000000000000" }), NOT_ACCEPTED],
      "another app": [await sign(key, { appId: "my-app2" }), NOT_ACCEPTED],
      "another subject shown": [await sign(key, {}, { subject: "another" }), NOT_ACCEPTED],
      "a later end shown": [await sign(key, {}, { expiresAt: now + 3600 }), NOT_ACCEPTED],
      "another version shown": [await sign(key, {}, { keyVersion: "v.2" }), NOT_ACCEPTED],
      "a version that signed it and is not listed": [await sign(key, { keyVersion: "3" }), NOT_ACCEPTED],
      "the other key under this version": [await sign(second, { keyVersion: key.version }), NOT_ACCEPTED],
      expired: [await sign(key, { expiresAt: now - 1 }), EXPIRED],
      "expired and forged": [await sign(key, { expiresAt: now - 2 }, { expiresAt: now - 1 }), NOT_ACCEPTED],
      "longer than a day": [await sign(key, { expiresAt: now + 86_400 + 600 }), NOT_ACCEPTED],
      "no subject": [await sign(key, { subject: "" }), NOT_ACCEPTED],
      "a subject of 257": [await sign(key, { subject: "a".repeat(257) }), NOT_ACCEPTED],
      "a subject with a line break": [await sign(key, { subject: "a\nb" }), NOT_ACCEPTED],
      "a bit flipped": [respelt(flipped.toString("base64url")), NOT_ACCEPTED],
      "a byte short": [respelt(bytes.subarray(1).toString("base64url")), NOT_ACCEPTED],
      "a byte more": [respelt(Buffer.concat([bytes, Buffer.of(0)]).toString("base64url")), NOT_ACCEPTED],
      padding: [respelt(bytes.toString("base64url") + "="), NOT_ACCEPTED],
      "standard base64": [respelt(bytes.toString("base64").replace(/[^A-Za-z0-9]/, "+")), NOT_ACCEPTED],
      "no signature": [respelt(""), NOT_ACCEPTED],
      "a leading zero": [[v1, version, `0${expiry}`, subject, signature].join("."), NOT_ACCEPTED],
      "a plus sign": [[v1, version, `+${expiry}`, subject, signature].join("."), NOT_ACCEPTED],
      "a fraction": [[v1, version, `${expiry}.0`, subject, signature].join("."), NOT_ACCEPTED],
      "another version of the text": [good.replace("v1.", "v2."), NOT_ACCEPTED],
      "a space before": [` ${good}`, NOT_ACCEPTED],
      "a line break behind": [`${good}\n`, NOT_ACCEPTED],
      "a part more": [`${good}.AA`, NOT_ACCEPTED],
      huge: [`${good}${"A".repeat(14_000)}`, NOT_ACCEPTED],
      "an identity token": [await stage.identityToken(key), NOT_ACCEPTED],
    };
    for (const [name, [idSignature, outcome]] of Object.entries(cases)) {
      if (algorithm !== "EdDSA" && !DEPENDS_ON_ALGORITHM.test(name)) continue;
      t.equal(await stage.call({ idSignature }), outcome, `${algorithm}: ${name}`);
    }
  }
  t.equal(await stage.call({ idSignature: "A".repeat(16_385) }), "400 Invalid request");
});

void t.test("an ES256 signature is raw, not DER", async (t) => {
  const stage = await setIdentityStage(t);
  const key = keys.ES256;
  await stage.restrict({ grant: { identity: { accept: ["idSignature"], keys: keyList(key) } } });
  const [head = "", raw = ""] = (await stage.idSignature(key)).split(/\.(?=[^.]*$)/);
  const bytes = Buffer.from(raw, "base64url");
  const integer = (half: Buffer) => {
    const whole = Buffer.concat([Buffer.of(0), half]);
    return Buffer.concat([Buffer.of(2, whole.length), whole]);
  };
  const body = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))]);
  const der = Buffer.concat([Buffer.of(0x30, body.length), body]);
  t.equal(await stage.call({ idSignature: `${head}.${der.toString("base64url")}` }), NOT_ACCEPTED);
});
