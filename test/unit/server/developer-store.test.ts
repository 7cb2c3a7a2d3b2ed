import { randomBytes, randomUUID } from "node:crypto";
import t from "tap";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { computeAppRoot } from "@vaultproof/protocol/app-tree";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { onAnyDatabase } from "../../helpers/databases.js";
import { makeStoreRequest, randomField, type StoreRequestOptions } from "../../helpers/store-request.js";
import { makeDeveloper } from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const STORE = "/api/v1/keys/store";
const NOT_OPENED = { status: 422, json: { error: "Sealed share could not be opened" } };

await onAnyDatabase(t, "storing a key", async (t, open) => {
  const server = await openTestApp(t, await open(), { allowInsecure: ["plain.example:8080"] });
  const developer = await server.registered();
  const storageKey = server.storageKeys.current.publicKey;
  const make = (options: Partial<StoreRequestOptions> = {}) =>
    makeStoreRequest({ developer, storageKey, ...options });
  const store = (body: unknown) => server.manage(developer, "POST", STORE, body);

  await t.test("answers 201 and keeps what was sent, still sealed", async (t) => {
    const request = await make({ members: { label: "clé 🔑", restrictions: { methods: ["POST"] } } });
    t.strictSame(await store(request), {
      status: 201,
      json: { keySlotId: request.keySlotId, status: "stored", version: 1 },
    });
    const slot = await readSlotForOwner(server.db, {
      slotId: request.keySlotId,
      developerId: developer.keyid,
    });
    t.equal(`0x${Buffer.from(slot?.share1Encrypted ?? []).toString("hex")}`, request.share1_encrypted);
    t.equal(slot?.baseUrl, "https://api.openai.com");
    t.equal(slot?.headerName, "authorization");
    t.same(slot?.restrictions, { methods: ["POST"] });
    const leaves = request.apps.map((app, index) => ({ index, leaf: fieldFromHex(app.leaf) }));
    t.equal(Buffer.from(slot?.appRoot ?? []).toString("hex"), fieldToHex(computeAppRoot(leaves)));
  });

  await t.test("refuses origins and addresses that no call could match, and says which", async (t) => {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [
        { ips: ["10.0.0.0/8", "10.1.2.3/8"] },
        /^restrictions\.ips: 10\.1\.2\.3\/8 has bits set .* 10\.0\.0\.0\/8$/,
      ],
      [{ ips: ["300.1.1.1"] }, /^restrictions\.ips: 300\.1\.1\.1 is neither an address nor a CIDR range$/],
      [{ ips: ["localhost"] }, /restrictions\.ips\.0: an entry is an IPv4 or IPv6 address or CIDR range/],
      [{ ips: [] }, /restrictions\.ips/],
      [{ origins: ["https://app.example/"] }, /restrictions\.origins\.0: .*trailing slash/],
      [{ models: ["a b"] }, /restrictions\.models\.0/],
      [{ perDay: 0 }, /restrictions\.perDay/],
      [{ perDay: 1.5 }, /restrictions\.perDay/],
    ];
    for (const [restrictions, detail] of wrong) {
      const whole = await store({ ...(await make()), restrictions });
      const apps = [{ appId: "my-app", leaf: randomField(), restrictions }];
      for (const { status, json } of [whole, await store({ ...(await make()), apps })]) {
        t.equal(status, 400);
        t.match(String((json as { details: string[] }).details[0]), detail);
      }
    }
  });

  await t.test("answers an identical repeat alike, in whatever order its members stand", async (t) => {
    const request = await make();
    const first = await store(request);
    t.same(await store(request), first);
    t.same(await store(Object.fromEntries(Object.entries(request).reverse())), first);
  });

  await t.test("answers 409 to anything else under a used id", async (t) => {
    const request = await make();
    await store(request);
    const conflict = { status: 409, json: { error: "Key slot already exists" } };
    t.match(await store({ ...request, label: "another" }), conflict);
    const other = await server.registered();
    const theirs = await make({ developer: other, members: { keySlotId: request.keySlotId } });
    t.match(await server.manage(other, "POST", STORE, theirs), conflict);
    await server.manage(developer, "POST", `/api/v1/keys/revoke/${request.keySlotId}`);
    t.match(await store(request), conflict, "a repeat after the revocation does not read as stored");
  });

  await t.test(
    "refuses a share that could not be opened for this slot, owner and destination later",
    async (t) => {
      const wrong: Record<string, Partial<StoreRequestOptions>> = {
        "another slot": { sealedFor: { slotId: randomUUID() } },
        "another version": { sealedFor: { slotVersion: 2 } },
        "another owner": { sealedFor: { developer: makeDeveloper() } },
        "another destination": { sealedFor: { baseUrl: "https://elsewhere.example" } },
        "a key of nobody's": { storageKey: Buffer.concat([Buffer.from([9]), Buffer.alloc(31)]) },
        "no record's length": { plaintext: randomBytes(97) },
        "too short a record": { plaintext: randomBytes(32) },
        "too long a record": { plaintext: randomBytes(4096 + 64 + 64 + 32) },
      };
      for (const [name, options] of Object.entries(wrong))
        t.match(await store(await make(options)), NOT_OPENED, name);
      const request = await make();
      const last = request.share1_encrypted.endsWith("0") ? "1" : "0";
      t.match(
        await store({ ...request, share1_encrypted: request.share1_encrypted.slice(0, -1) + last }),
        NOT_OPENED,
      );
    },
  );

  await t.test("refuses restrictions that calls are not checked against, and names them", async (t) => {
    const onSlot = await make({ members: { restrictions: { methods: ["GET"], sessions: {} } } });
    t.match(await store(onSlot), {
      status: 422,
      json: { error: "Unsupported restriction", reason: /sessions$/ },
    });
    const apps = [{ appId: "a", leaf: randomField(), restrictions: { ips: ["10.0.0.1"], sessions: {} } }];
    t.match(await store(await make({ members: { apps } })), {
      status: 422,
      json: { reason: /: sessions$/ },
    });
  });

  await t.test("takes a custom destination by the operator's rules", async (t) => {
    const custom = async (baseUrl: string, authHeader?: { name: string; template: string }) =>
      await store(
        await make({
          members: { provider: "custom", baseUrl, ...(authHeader === undefined ? {} : { authHeader }) },
        }),
      );
    t.match(await custom("https://api.example"), { status: 201 });
    t.match(await custom("https://api.example", { name: "X-Key", template: "{key}" }), { status: 201 });
    t.match(await custom("http://plain.example:8080"), { status: 201 });
    t.match(await custom("http://plain.example"), { status: 400, json: { details: [/https/] } });
    t.match(await custom("https://169.254.169.254"), { status: 400, json: { details: [/public/] } });
    const wrong = [
      { provider: "custom", baseUrl: "https://api.example/v1" },
      { provider: "custom", baseUrl: "ftp://api.example" },
      { provider: "custom", baseUrl: undefined },
      { provider: "custom", baseUrl: "https://api.example", authHeader: { name: "Host", template: "{key}" } },
      { provider: "openai", authHeader: { name: "x-key", template: "{key}" } },
    ];
    const right = await make();
    for (const members of wrong) {
      t.match(await store({ ...right, ...members }), {
        status: 400,
        json: { error: "Invalid request", details: [String] },
      });
    }
  });

  await t.test("says which member is wrong, and never its value", async (t) => {
    const right = await make();
    const wrong: Record<string, unknown> = {
      keySlotId: "CAFE",
      share1_encrypted: "0xAA",
      vaultCommitment: "f".repeat(64),
      provider: "nobody",
      label: "",
      apps: [{ appId: "no spaces", leaf: randomField() }],
    };
    for (const [name, value] of Object.entries(wrong)) {
      const answer = await store({ ...right, [name]: value });
      t.match(
        answer,
        { status: 400, json: { error: "Invalid request", details: [new RegExp(`^${name}`)] } },
        name,
      );
      if (typeof value === "string" && value !== "") t.notMatch(JSON.stringify(answer.json), value, name);
    }
    const zero = [{ appId: "a", leaf: "0".repeat(64) }];
    t.match(await store({ ...right, apps: zero }), { status: 400 }, "the empty leaf");
    const twice = [0, 1].map(() => ({ appId: "a", leaf: randomField() }));
    t.match(await store({ ...right, apps: twice }), { status: 400 }, "an app named twice");
    t.match(
      await store({ ...right, extra: 1 }),
      { status: 400, json: { details: [/extra/] } },
      "an unknown member",
    );
  });
});
