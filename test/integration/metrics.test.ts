import { randomBytes, randomUUID } from "node:crypto";
import t from "tap";
import { openCallPath } from "../helpers/call-path.js";
import { openCallMaker, sendCall, type ProvedCall } from "../helpers/proved-calls.js";
import { callsByOutcome, scrape, type Samples } from "../helpers/read-metrics.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";

// What an operator sees from outside while callers do their worst.

const skip = findReferenceString() === undefined && noReferenceString;
const ROUNDS = 40;

await t.test("metrics and request ids under hostile load", { skip }, async (t) => {
  const path = await openCallPath(t);
  const { edge, server, bundle, prover, stack } = path;
  const calls = await openCallMaker({ edgeUrl: edge.url, bundle, prover });
  const [good, replayed, altered] = (await calls.make(3)) as [ProvedCall, ProvedCall, ProvedCall];
  const before = await scrape(server.opsUrl);
  const call = async (body: string, url = edge.url): Promise<Response> => {
    const headers = { "content-type": "application/json", "vp-request-id": randomUUID(), traceparent: "x" };
    return await fetch(`${url}/api/v1/proxy/call`, { method: "POST", headers, body });
  };
  t.equal((await sendCall(edge.url, good)).status, 200);
  t.equal((await sendCall(edge.url, replayed)).status, 200);

  const load = new AbortController();
  const scraping = (async () => {
    const seen: Samples[] = [];
    while (!load.signal.aborted) seen.push(await scrape(server.opsUrl));
    return seen;
  })();
  const answers = await Promise.all(
    Array.from({ length: ROUNDS }, async (_, i) => {
      const fake = { ...JSON.parse(good.body), keySlotId: randomUUID(), appId: `canary-${i}` } as object;
      const elsewhere = { ...JSON.parse(altered.body), targetPath: `/canary-${i}` } as object;
      return await Promise.all([
        call(`{"canary-${i}":`),
        call(JSON.stringify({ ...fake, nullifier: randomBytes(32).toString("hex") })),
        call(JSON.stringify(elsewhere)),
        call(replayed.body),
        call("{}", server.url),
        fetch(`${server.url}/canary-${i}`),
      ]);
    }),
  );
  await Promise.all(answers.flat().map((answer) => answer.text()));
  load.abort();
  const scrapes = await scraping;
  t.ok(scrapes.length > 1, "metrics were read meanwhile");
  const total = (samples: Samples) => Object.values(callsByOutcome(samples)).reduce((a, b) => a + b, 0);
  t.same(
    scrapes.map(total),
    scrapes.map(total).sort((a, b) => a - b),
    "no count ever falls",
  );

  const after = await scrape(server.opsUrl);
  t.same(callsByOutcome(after), {
    ...{ answered: 2, invalidRequest: ROUNDS, invalidProof: 2 * ROUNDS, replay: ROUNDS, forbidden: ROUNDS },
  });
  t.equal(after.get("vaultproof_verification_seconds_count"), 2 + ROUNDS, "of proofs that were looked at");
  t.equal(after.get("vaultproof_upstream_seconds_count"), 2);
  t.equal(after.get("vaultproof_requests_in_flight"), 0);
  t.ok((after.get("vaultproof_nullifier_partitions") ?? 0) > 1);
  t.ok((after.get("vaultproof_verifier_workers") ?? 0) > 0);
  if (stack.databaseUrl !== undefined) t.ok((after.get("vaultproof_database_pool_total") ?? 0) > 0);
  const series = (samples: Samples) =>
    [...samples.keys()].filter((name) => /^vaultproof_(?!call_step)/.test(name));
  t.same(series(after), series(before), "callers make no series");
  t.notMatch([...after.keys()].join("\n"), /canary|my-app|127\.0\.0\.1/);

  const ids = answers.flat().map(({ headers }) => headers.get("vp-request-id") ?? "");
  t.equal(new Set(ids).size, answers.flat().length, "each request has an id of its own");
  const log = server.child.output();
  for (const [i, answer] of (answers[0] ?? []).entries()) {
    const id = ids[i] ?? "";
    t.match(
      log,
      new RegExp(`"requestId":"${id}".*"status":${answer.status}\\b`),
      "by which the log names it",
    );
  }
  t.notMatch(
    JSON.stringify(stack.provider.requests.map(({ headers }) => headers)),
    /vp-request-id|traceparent/,
  );
});
