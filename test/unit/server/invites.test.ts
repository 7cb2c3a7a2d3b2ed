import { randomBytes } from "node:crypto";
import t from "tap";
import { SecretBytes } from "@vaultproof/server/secret-bytes";
import { digest } from "@vaultproof/protocol/framing";
import { onAnyDatabase } from "../../helpers/databases.js";
import {
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type TestDeveloper,
} from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const REQUIRED = {
  status: 403,
  json: {
    error: "Registration needs an invite",
    reason: "The invite token is missing, wrong or used",
  },
};

function inviteOf(token: string): SecretBytes {
  return new SecretBytes(digest("vaultproof invite v1", token));
}

await onAnyDatabase(t, "an invite", async (t, open) => {
  const db = await open();
  const tokens = Array.from({ length: 4 }, () => randomBytes(12).toString("hex"));
  const [first = "", second = "", third = "", unused = ""] = tokens;
  const config = { registration: "invite", invites: tokens.map(inviteOf) } as const;
  const server = await openTestApp(t, db, { config });
  const register = (developer: TestDeveloper, inviteToken?: unknown, by = server) => {
    const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
    return by.manage(developer, "POST", "/api/v1/developers", { publicKey, inviteToken });
  };
  const developers = async () =>
    (await db.query<{ count: number }>({ text: "SELECT count(*) FROM developers" })).rows[0]?.count;

  await t.test("is asked for, and one answer given to whoever has none", async (t) => {
    const wrong = [
      undefined,
      "x",
      first.slice(0, -1),
      `${first}0`,
      first.toUpperCase(),
      ` ${first}`,
      tokens.join(),
    ];
    for (const token of wrong) t.same(await register(makeDeveloper(), token), REQUIRED, String(token));
    t.equal(await developers(), 0);
  });

  await t.test("admits one developer, and that one again", async (t) => {
    const developer = makeDeveloper();
    t.same(await register(developer, first), { status: 201, json: { keyid: developer.keyid } });
    t.match(await register(developer, first), { status: 200 }, "the answer was lost");
    t.match(await register(developer), { status: 200 }, "without it, too");
    t.match(await server.manage(developer, "GET", "/api/v1/keys/list"), { status: 200 });
    t.same(await register(makeDeveloper(), first), REQUIRED, "it is used");
    t.match(await register(makeDeveloper(), second), { status: 201 });
  });

  await t.test("is used up by nobody who fails to register with it", async (t) => {
    const disabled = makeDeveloper();
    t.match(await register(disabled, third), { status: 201 });
    await db.query({
      text: "UPDATE developers SET status = 'disabled' WHERE id = $1",
      values: [disabled.keyid],
    });
    const publicKey = Buffer.from(disabled.identity.publicKey).toString("base64url");
    t.match(await server.manage(disabled, "POST", "/api/v1/developers", { publicKey, inviteToken: unused }), {
      status: 401,
    });
    const rows = await db.query<{ digest: Uint8Array }>({ text: "SELECT digest FROM used_invites" });
    t.equal(rows.rowCount, 3);
  });

  await t.test("admits one of those who come with it at the same time", async (t) => {
    const before = (await developers()) ?? 0;
    const answers = await Promise.all(Array.from({ length: 12 }, () => register(makeDeveloper(), unused)));
    t.same(answers.map(({ status }) => status).sort(), [201, ...Array<number>(11).fill(403)]);
    t.equal(await developers(), before + 1);
  });

  await t.test("is neither logged, nor echoed, nor kept", async (t) => {
    for (const inviteToken of [`${"k".repeat(300)}-canary`, { "canary-member": first }, [first], 1]) {
      const developer = makeDeveloper();
      const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
      const request = plainRequest("POST", "/api/v1/developers", { body: { publicKey, inviteToken } });
      const signed = await signAsDeveloper(request, { developer, server: server.identity.fingerprint });
      const { status, json } = await server.sendThroughEdge(signed);
      t.match({ status, json }, { status: 400, json: { details: [/^inviteToken: /] } });
      for (const secret of ["canary", first]) t.notMatch(JSON.stringify(json), secret);
    }
    const kept = JSON.stringify(
      (
        await db.query({
          text: "SELECT u::text AS invite FROM used_invites u UNION ALL SELECT d::text FROM developers d",
        })
      ).rows,
    );
    for (const text of [server.log.join("\n"), kept]) {
      for (const token of tokens) {
        t.notMatch(text, token);
        t.notMatch(text, Buffer.from(token).toString("hex"));
      }
      t.notMatch(text, "canary");
    }
  });

  await t.test("is not looked at where nobody is asked for one", async (t) => {
    const spare = randomBytes(12).toString("hex");
    const open = await openTestApp(t, db, { config: { registration: "open", invites: [] } });
    t.match(await register(makeDeveloper(), spare, open), { status: 201 });
    const closed = await openTestApp(t, db, {
      config: { registration: "closed", invites: [inviteOf(spare)] },
    });
    t.match(await register(makeDeveloper(), spare, closed), {
      status: 403,
      json: { error: "Registration is closed" },
    });
    const again = await openTestApp(t, db, {
      config: { registration: "invite", invites: [inviteOf(spare)] },
    });
    t.match(await register(makeDeveloper(), spare, again), { status: 201 }, "it was not used up");
  });
});
