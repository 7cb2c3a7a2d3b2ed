import { openPostgres } from "@vaultproof/db/postgres";
import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import {
  openCallMaker,
  openProver,
  REPLAY,
  sendCall,
  type CallAnswer,
  type ProvedCall,
} from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { holdSlotLock } from "../helpers/slot-lock.js";
import { startStack, type Stack, type StackOptions } from "../helpers/stack.js";

// One valid request, sent 200 times at the same moment: a proof is good for one call, whoever asks how often.

const SENDS = 200;
/** How many of them wait for the slot's lock together, past all checks, before one may burn; of 20 connections. */
const AT_THE_BURN = 16;
const skip = findReferenceString() === undefined && noReferenceString;
const skipPostgres = skip || (await postgresSkipReason());

void t.test("on pglite", { skip }, async (t) => {
  const race = await openRace(t, { database: "pglite" });
  for (const call of await race.make(2)) race.judge(t, call, await race.send(call));
});

void t.test("on postgres, spread over two servers", { skip: skipPostgres }, async (t) => {
  const race = await openRace(t, { database: "postgres", servers: 2 });
  const [call, held] = await race.make(2);
  if (call === undefined || held === undefined) throw new Error("two calls were to be made");
  race.judge(t, call, await race.send(call));

  await t.test("many of them at the burn itself", async (t) => {
    const db = await openPostgres({ url: race.stack.databaseUrl ?? "", max: 2 });
    t.teardown(() => db.close());
    const lock = await holdSlotLock(db, race.keySlotId, "change");
    const sending = race.send(held);
    await lock.waitedFor({ changes: 0, burns: AT_THE_BURN });
    await lock.release();
    race.judge(t, held, await sending);
  });
});

interface Race {
  readonly stack: Stack;
  readonly keySlotId: string;
  readonly make: (count: number) => Promise<ProvedCall[]>;
  /** Sends a call through all edges in turn, all at once. */
  send(call: ProvedCall): Promise<CallAnswer[]>;
  judge(t: Test, call: ProvedCall, answers: readonly CallAnswer[]): void;
}

async function openRace(t: Test, options: StackOptions): Promise<Race> {
  const stack = await startStack(options);
  t.teardown(() => stack.close());
  const { edges, edgeUrl, provider } = stack;
  const { keySlotId, bundles } = await storeProviderKey(await openVault(t, stack), stack);
  const prover = await openProver(edgeUrl);
  t.teardown(() => prover.close());
  const { make } = await openCallMaker({ edgeUrl, bundle: bundles[0] ?? "", prover });
  return {
    ...{ stack, keySlotId, make },
    send: async (call) =>
      await Promise.all(
        Array.from({ length: SENDS }, (_, i) => sendCall(edges[i % edges.length]?.url ?? "", call)),
      ),
    judge(t, { targetPath }, answers) {
      const accepted = answers.filter(({ source }) => source === "upstream");
      t.match(accepted, [{ status: 200, body: { url: targetPath } }], "one is answered by the provider");
      const refused = answers.filter(({ source }) => source !== "upstream");
      t.equal(refused.length, SENDS - 1);
      t.strictSame(
        distinct(refused.map(({ status, body }) => ({ status, body }))),
        [REPLAY],
        "all others are told that it is a replay",
      );
      const reached = provider.requests.filter(({ url }) => url === targetPath);
      t.equal(reached.length, 1, "it reaches the provider once");
    },
  };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
