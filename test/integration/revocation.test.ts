import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { openPostgres } from "@vaultproof/db/postgres";
import { readStatement } from "@vaultproof/db/queries/read-statement";
import type { Prover, VaultProof } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import {
  INVALID_PROOF,
  openCallMaker,
  openProver,
  sendCall,
  type CallAnswer,
  type ProvedCall,
} from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { holdSlotLock } from "../helpers/slot-lock.js";
import { startStack, type Stack } from "../helpers/stack.js";

// After a revocation was answered, no server process accepts a call any more.
//
// A call is accepted when it burns its nullifier; what burnt before may still be on its way to the provider when the
// revocation is answered. So three things are judged:
// 1. Order: PostgreSQL numbers transactions as they first write. Burns write under the slot's shared lock and a
//    revocation under the exclusive one; so the number of every burn that came before is below that of the revocation,
//    and a single one above it would be a call that was accepted afterwards, however small the gap.
// 2. Whoever was accepted has burnt: a call that reached the provider has its nullifier among those rows.
// 3. A call whose sending began after the answer is refused, and never seen by the provider.

const APP = "my-app";
const skip = findReferenceString() === undefined ? noReferenceString : await postgresSkipReason();

const CHANGES = {
  revoke: (vault: VaultProof, keySlotId: string) => vault.keys.revoke(keySlotId),
  "revoke-app": (vault: VaultProof, keySlotId: string) => vault.apps.revoke(keySlotId, APP),
} as const;

void t.test("two servers on postgres", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres", servers: 2 });
  t.teardown(() => stack.close());
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const db = await openPostgres({ url: stack.databaseUrl ?? "", max: 10 });
  t.teardown(() => db.close());
  const vault = await openVault(t, stack);
  for (const [name, change] of Object.entries(CHANGES)) {
    await t.test(`${name} waits for the burns before it, and those behind it are refused`, async (t) =>
      betweenBurns(t, await openSlot({ stack, prover, db, vault }), change),
    );
    await t.test(`${name} of a slot that is saturated`, async (t) =>
      whileSaturated(t, await openSlot({ stack, prover, db, vault }), change),
    );
  }
});

type Change = (typeof CHANGES)[keyof typeof CHANGES];

/** Everything stands still at the slot's lock, in an order that is known. */
async function betweenBurns(t: Test, slot: Slot, change: Change): Promise<void> {
  const [early, late] = [await slot.make(6), await slot.make(6)];
  const lock = await holdSlotLock(slot.db, slot.keySlotId, "change");
  const earlyAnswers = slot.sendAll(early);
  await lock.waitedFor({ changes: 0, burns: early.length });
  const answered: string[] = [];
  const changing = change(slot.vault, slot.keySlotId).then(() => answered.push("the change"));
  await lock.waitedFor({ changes: 1, burns: early.length });
  // Proved, checked, and let through by everything but the burn.
  const lateAnswers = slot.sendAll(late).finally(() => answered.push("late calls"));
  await lock.waitedFor({ changes: 1, burns: early.length + late.length });
  t.strictSame(answered, []);
  await lock.release();
  await changing;
  t.strictSame(
    (await earlyAnswers).map(({ status }) => status),
    early.map(() => 200),
    "calls at the burn before it are made",
  );
  t.strictSame(
    refusals(await lateAnswers),
    late.map(() => INVALID_PROOF),
    "calls behind it are not",
  );
  t.strictSame(slot.reached(late), []);
  t.strictSame(await slot.burntAfterwards(), []);
}

/** Nothing stands still: 32 workers at both servers, and burns in the database without a pause. */
async function whileSaturated(t: Test, slot: Slot, change: Change): Promise<void> {
  const [before, after] = [await slot.make(WORKERS + 16), await slot.make(6)];
  const { edges, provider } = slot.stack;
  const burners = await startBurners(slot);
  const waiting = [...before];
  const answers: CallAnswer[] = [];
  const worker = async (edgeUrl: string): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      answers.push(await sendCall(edgeUrl, call));
    }
  };
  const accepted = provider.sent(provider.requests.length + 4);
  const workers = Array.from({ length: WORKERS }, (_, i) => worker(edges[i % edges.length]?.url ?? ""));
  await accepted;
  await change(slot.vault, slot.keySlotId);
  const sentAfterwards = await slot.sendAll(after);
  await Promise.all(workers);

  t.equal(await burners.ended, "refused", "it gets its turn while others go on burning");
  t.strictSame(
    refusals(sentAfterwards),
    after.map(() => INVALID_PROOF),
    "none is accepted after its answer",
  );
  const refused = answers.filter(({ source }) => source !== "upstream");
  t.strictSame(
    refusals(refused),
    refused.map(() => INVALID_PROOF),
  );
  t.strictSame(await slot.burntAfterwards(), [], "no burn comes after it");
  const reached = slot.reached([...before, ...after]);
  t.equal(
    reached.length,
    answers.length - refused.length,
    "the provider saw the accepted calls and no other",
  );
  t.strictSame(await slot.unburnt(reached), [], "each of them with its nullifier burnt before");
}

interface Slot {
  readonly stack: Stack;
  readonly vault: VaultProof;
  /** The test's own pool on the servers' database. */
  readonly db: Database;
  readonly keySlotId: string;
  readonly make: (count: number) => Promise<ProvedCall[]>;
  /** Sends calls at once, through all edges in turn. */
  sendAll(calls: readonly ProvedCall[]): Promise<CallAnswer[]>;
  /** Those of the calls that the provider has seen. */
  reached(calls: readonly ProvedCall[]): ProvedCall[];
  /** Those of the calls without a burnt nullifier. */
  unburnt(calls: readonly ProvedCall[]): Promise<ProvedCall[]>;
  /** Nullifiers that were burnt after the slot's last change. */
  burntAfterwards(): Promise<string[]>;
}

/** A slot of its own with one app. */
async function openSlot(open: {
  stack: Stack;
  prover: Prover;
  db: Database;
  vault: VaultProof;
}): Promise<Slot> {
  const { stack, prover, db, vault } = open;
  const { edges, edgeUrl, provider } = stack;
  const { keySlotId, bundles } = await storeProviderKey(vault, stack, [APP]);
  const { make } = await openCallMaker({ edgeUrl, bundle: bundles[0] ?? "", prover });
  const hexes = async (text: string): Promise<string[]> => {
    const { rows } = await db.query<{ nullifier: string }>({ text, values: [keySlotId] });
    return rows.map(({ nullifier }) => nullifier);
  };
  return {
    ...{ stack, vault, db, keySlotId, make },
    sendAll: async (calls) =>
      await Promise.all(calls.map((call, i) => sendCall(edges[i % edges.length]?.url ?? "", call))),
    reached: (calls) =>
      calls.filter(({ targetPath }) => provider.requests.some(({ url }) => url === targetPath)),
    async unburnt(calls) {
      const burnt = new Set(await hexes(BURNT));
      return calls.filter(({ nullifier }) => !burnt.has(nullifier));
    },
    burntAfterwards: () => hexes(BURNT_AFTERWARDS),
  };
}

const BURNT = "SELECT encode(nullifier, 'hex') AS nullifier FROM nullifiers WHERE slot_id = $1::uuid";
// xmin is the number of the transaction that wrote the row; of the slot's, the revocation's.
const BURNT_AFTERWARDS = `
  SELECT encode(n.nullifier, 'hex') AS nullifier
    FROM nullifiers n JOIN key_slots s ON s.id = n.slot_id
   WHERE s.id = $1::uuid AND n.xmin::text::bigint > s.xmin::text::bigint`;

/** Of real calls, over all edges. */
const WORKERS = 32;
const BURNERS = 8;
/** Seconds. */
const LONGEST_PAUSE = 0.05;
const BURNS_AT_MOST = 30_000;
// Half of them keep the slot's shared lock for a while, so that it is hardly ever free: whoever wants it alone gets it
// because later burns queue behind. The others are quick, so that many burns fall beside the revocation.
const BURN_SLOWLY = `
  WITH burn AS MATERIALIZED (
    SELECT outcome FROM burn_nullifier($1::uuid, $2, $3::integer, $4::integer, $5::bytea, $6::bigint, NULL)
  )
  SELECT outcome, pg_sleep($7::float8 * random()) FROM burn`;

/**
 * Burns on the slot without a pause, as a great many servers would.
 *
 * @returns once burning has begun; then `refused` when a revocation ended it, or `starved` when none came through.
 */
async function startBurners({
  db,
  keySlotId,
}: Slot): Promise<{ readonly ended: Promise<"refused" | "starved"> }> {
  const expiresAt = Math.floor(Date.now() / 1000) + 290;
  const about = { slotId: keySlotId, appId: APP, nullifier: randomBytes(32), expiresAt };
  const { slot, grant } = await readStatement(db, about);
  const checked = [keySlotId, APP, slot?.version, grant?.version];
  let burns = 0;
  const burn = async (pause: number): Promise<boolean> => {
    const values = [...checked, randomBytes(32), expiresAt, pause];
    const { rows } = await db.query<{ outcome: string }>({ text: BURN_SLOWLY, values });
    return rows[0]?.outcome === "burnt";
  };
  const burner = async (pause: number): Promise<boolean> => {
    while (await burn(pause)) if (++burns > BURNS_AT_MOST) return false;
    return true;
  };
  if (!(await burn(0))) throw new Error("the slot cannot be burnt on");
  const refused = Promise.all(
    Array.from({ length: BURNERS }, (_, i) => burner(i % 2 === 0 ? LONGEST_PAUSE : 0)),
  );
  return { ended: refused.then((all) => (all.every(Boolean) ? "refused" : "starved")) };
}

function refusals(answers: readonly CallAnswer[]): { status: number; body: unknown }[] {
  return answers.map(({ status, body }) => ({ status, body }));
}
