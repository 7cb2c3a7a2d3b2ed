import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { slotChain } from "@vaultproof/protocol/log-row";
import { verifyLog } from "@vaultproof/protocol/verify-log";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import { createLogSigner } from "@vaultproof/server/audit/log-signer";
import { exportLog } from "@vaultproof/server/audit/export-log";
import t from "tap";
import { forEachDatabase } from "../../helpers/databases.js";
import { appendCalls, linkingServer, readChain, tamper } from "../../helpers/log-stage.js";
import { storedSlot } from "../../helpers/stored-slot.js";

/** A chain of five calls, and the server that linked it. */
async function linkedSlot(db: Database) {
  const slot = await storedSlot(db);
  const server = linkingServer(db);
  await appendCalls(db, slot, ["/1", "/2", "/3", "/4", "/5"]);
  await server.link();
  const chain = slotChain(slot.id);
  return {
    ...{ slot, server, chain },
    append: async (by = server) => {
      await appendCalls(db, slot, ["/more"]);
      await by.link();
    },
    verify: async (identity = server.identity) =>
      verifyLog({ head: undefined, ...(await readChain(db, chain)), serverIdentity: identity.fingerprint }),
  };
}

await forEachDatabase(t, "whoever writes to the database", async (t, open) => {
  const db = await open();
  const at = (chain: string, seq: number) => `chain = '${chain}' AND seq = ${seq}`;

  await t.test("changes no row without its being named", async (t) => {
    for (const [column, value] of [
      ["outcome", "'refused'"],
      ["status_code", "403"],
      ["subject", "'somebody'"],
      ["created_at", "created_at + 1"],
      ["hash", "decode(repeat('ab', 32), 'hex')"],
      ["app_id", "NULL"],
    ] as const) {
      const { chain, verify } = await linkedSlot(db);
      await tamper(db, `UPDATE call_log SET ${column} = ${value} WHERE ${at(chain, 3)}`);
      t.same(await verify(), { ok: false, seq: 3, problem: "changed" }, column);
    }
  });

  await t.test("removes or swaps none", async (t) => {
    const gone = await linkedSlot(db);
    await tamper(db, `DELETE FROM call_log WHERE ${at(gone.chain, 2)}`);
    t.same(await gone.verify(), { ok: false, seq: 2, problem: "missing" });
    const last = await linkedSlot(db);
    await tamper(db, `DELETE FROM call_log WHERE ${at(last.chain, 5)}`);
    t.same(await last.verify(), { ok: false, seq: 5, problem: "truncated-end" });
    await last.append();
    t.same(await last.verify(), { ok: false, seq: 5, problem: "missing" }, "also when more rows come");
    const swapped = await linkedSlot(db);
    const move = (from: number, to: number) =>
      `UPDATE call_log SET seq = ${to} WHERE ${at(swapped.chain, from)}`;
    await tamper(db, move(3, 99), move(4, 3), move(99, 4));
    t.match(await swapped.verify(), { ok: false, seq: 3 });
  });

  await t.test("gets the server to sign nothing that was changed", async (t) => {
    const reported: string[] = [];
    for (const [what, statements] of [
      ["the last row", (chain: string) => [`UPDATE call_log SET outcome = 'x' WHERE ${at(chain, 5)}`]],
      ["the head", (chain: string) => [`UPDATE log_chains SET head_seq = 4 WHERE chain = '${chain}'`]],
      [
        "both, cut together",
        (chain: string) => [
          `UPDATE log_chains SET (head_seq, head_hash) = (SELECT seq, hash FROM call_log WHERE ${at(chain, 3)})
            WHERE chain = '${chain}'`,
          `DELETE FROM call_log WHERE chain = '${chain}' AND seq > 3`,
        ],
      ],
      ["the chain itself", (chain: string) => [`DELETE FROM log_chains WHERE chain = '${chain}'`]],
      [
        "a row put ahead",
        (chain: string) => [
          `INSERT INTO call_log SELECT (jsonb_populate_record(l, '{"seq": 6}')).* FROM call_log l
            WHERE ${at(chain, 5)}`,
        ],
      ],
    ] as const) {
      for (const restarted of [true, false]) {
        const { server, chain, append, verify } = await linkedSlot(db);
        await tamper(db, ...statements(chain));
        const by = restarted ? linkingServer(db, server) : server;
        // The first failure makes a server that knows the head look at the rows.
        await append(by).catch(() => undefined);
        while ((await by.link()) !== 0);
        t.match(await verify(), { ok: false }, `${what}${restarted ? ", and a restart" : ""}`);
        // Either may be the one that linked it: the first is still up.
        reported.push(...new Set([...by.broken, ...server.broken]));
        await append(by);
        t.match(await verify(), { ok: false }, "for good");
      }
    }
    t.ok(reported.length >= 8, "the operator is told");
  });

  await t.test("cannot set a chain back under a server that goes on", async (t) => {
    const { server, chain, append, verify } = await linkedSlot(db);
    await db.execute(`CREATE TABLE kept AS SELECT * FROM log_chains WHERE chain = '${chain}'`);
    await append();
    await tamper(
      db,
      `DELETE FROM call_log WHERE ${at(chain, 6)}`,
      `DELETE FROM log_chains WHERE chain = '${chain}'`,
      "INSERT INTO log_chains SELECT * FROM kept",
    );
    t.match(
      await verify(),
      { ok: true, to: 5 },
      "the older log was true of its time; who saw more knows better",
    );
    await append();
    t.same(await verify(), { ok: false, seq: 6, problem: "broken" });
    t.same(server.broken, [`${chain} head`]);
    await db.execute("DROP TABLE kept");
  });
});

await forEachDatabase(t, "a server with a new identity", async (t, open) => {
  const db = await open();
  const identity = createServerIdentity(randomBytes(32));
  const told = await linkedSlot(db);
  const successor = linkingServer(db, { identity, oldIdentities: [told.server.identity.fingerprint] });
  const signer = createLogSigner({ identity, oldIdentities: [told.server.identity.fingerprint] });
  t.match(await told.verify(identity), { ok: false, problem: "head-foreign" });
  const { heads } = await exportLog({ db, signer }, { chain: told.chain, after: 0, limit: 1 });
  t.equal(heads.head.seq, 5);
  t.match(await told.verify(identity), { ok: true, rows: 5 }, "signs anew what is handed out");
  await told.append(successor);
  t.match(await told.verify(identity), { ok: true, rows: 6 });
  t.same(successor.broken, []);

  const untold = await linkedSlot(db);
  const stranger = linkingServer(db);
  await untold.append(stranger);
  t.same(stranger.broken, [`${untold.chain} head`]);
  t.same(await untold.verify(stranger.identity), { ok: false, seq: 6, problem: "broken" });
});
