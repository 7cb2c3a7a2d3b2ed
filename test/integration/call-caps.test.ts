import { openPostgres } from "@vaultproof/db/postgres";
import t from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import { openCallMaker, openProver, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack } from "../helpers/stack.js";

// A cap holds over all servers together: of many calls that all come at once, through every edge, exactly as many reach
// the provider as it admits. The same over 1,000 calls, without proofs, is in test/unit/db/call-caps.test.ts.

const APP = "my-app";
const CAP = 20;
const CALLS = 60;
const skip = findReferenceString() === undefined ? noReferenceString : await postgresSkipReason();

interface Answer {
  readonly status: number;
  readonly usage: string | null;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

async function send(edgeUrl: string, { body }: ProvedCall): Promise<Answer> {
  const headers = { "content-type": "application/json", origin: "https://app.example" };
  const answer = await fetch(`${edgeUrl}/api/v1/proxy/call`, { method: "POST", headers, body });
  return {
    status: answer.status,
    usage: answer.headers.get("vp-usage"),
    retryAfter: answer.headers.get("retry-after"),
    body: await answer.json(),
  };
}

void t.test("two servers on postgres", { skip }, async (t) => {
  const stack = await startStack({ database: "postgres", servers: 2 });
  t.teardown(() => stack.close());
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const db = await openPostgres({ url: stack.databaseUrl ?? "" });
  t.teardown(() => db.close());
  const vault = await openVault(t, stack);
  const { keySlotId } = await storeProviderKey(vault, stack, []);
  const { bundle } = await vault.apps.grant(keySlotId, APP, {
    perDay: CAP,
    perMonth: 1000,
    origins: ["https://app.example"],
  });
  const { make } = await openCallMaker({ edgeUrl: stack.edgeUrl, bundle, prover });
  const calls = await make(CALLS);

  const sendAll = async (some: readonly ProvedCall[]): Promise<Answer[]> =>
    await Promise.all(some.map((call, i) => send(stack.edges[i % 2]?.url ?? "", call)));
  const answers = await sendAll(calls);

  const made = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  const { rows } = await db.query<{ seconds: number; count: number }>({
    text: `SELECT window_seconds AS seconds, count FROM call_counts
            WHERE slot_id = $1::uuid AND app_id = $2 ORDER BY window_seconds, window_start`,
    values: [keySlotId, APP],
  });
  const days = rows.filter(({ seconds }) => seconds === 86_400).map(({ count }) => count);
  // A day may end meanwhile; each on its own is exact.
  t.same(days, days.length === 1 ? [CAP] : [CAP, made.length - CAP]);
  t.equal(made.length + refused.length, CALLS);
  const months = rows.filter(({ seconds }) => seconds > 86_400);
  t.equal(
    months.reduce((sum, { count }) => sum + count, 0),
    made.length,
    "what the day refuses does not count for the month",
  );
  const seen = calls.filter(({ targetPath }) =>
    stack.provider.requests.some(({ url }) => url === targetPath),
  );
  t.equal(seen.length, made.length, "the provider saw the admitted calls and no other");

  for (const { body, retryAfter } of refused) {
    const { reset } = body as { reset: number };
    t.equal(reset % 86_400, 0, "the day of UTC ends");
    t.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 86_400);
    t.same(body, {
      error: "Too many requests",
      reason: "perDay of the app",
      limit: CAP,
      used: CAP,
      reset,
    });
  }
  if (days.length === 1) {
    t.same(
      made.flatMap(({ usage }) => usage?.replace(/;reset=[0-9]+$/, "") ?? []).sort(),
      [18, 19, 20].map((used) => `"perDay";scope=app;used=${used};limit=${CAP}`),
      "each of the last tenth is told, at the client",
    );
  }

  const again = await sendAll(calls);
  t.ok(
    again.every(({ status }) => status === 403),
    "every nullifier is used, those of the refused calls too",
  );
  t.equal(stack.provider.requests.length, made.length);

  await vault.apps.revoke(keySlotId, APP);
  const regranted = await vault.apps.grant(keySlotId, APP, {
    perMonth: made.length + 1,
    origins: ["https://app.example"],
  });
  const maker = await openCallMaker({ edgeUrl: stack.edgeUrl, bundle: regranted.bundle, prover });
  const later = await sendAll(await maker.make(3));
  t.same(
    later.map(({ status }) => status).sort(),
    months.length === 1 ? [200, 429, 429] : later.map(({ status }) => status).sort(),
    "an app that is granted anew goes on where it was",
  );
});
