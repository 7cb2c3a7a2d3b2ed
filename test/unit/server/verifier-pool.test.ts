import { findBbBinary } from "@aztec/bb.js/platform";
import t from "tap";
import { proofBytes } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import {
  type ProofStatement,
  VerifierBusyError,
  type VerifierEvent,
  VerifierLostError,
} from "@vaultproof/server/proof/proof-verifier";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";
import { readProofVector } from "../../helpers/key-auth-proof.js";

// What the pool answers, with real verifiers of both kinds. Their deaths are in verifier-pool-deaths.test.ts.

const valid = readProofVector();
const noBb = findBbBinary() === null ? "no bb for this platform" : false;

/** The committed proof with one of its words replaced. */
function withWord(index: number, word: Uint8Array): ProofStatement {
  const proof = Uint8Array.from(valid.proof);
  proof.set(word, 32 * index);
  return { ...valid, proof };
}

/** Word 20 is half a coordinate: any other value is off the curve, and makes bb throw. */
const offTheCurve = withWord(20, new Uint8Array(32).fill(7));
/** Word 60 is an evaluation: any other value makes bb answer no. */
const wrongEvaluation = withWord(60, new Uint8Array(32).fill(7));
const allOnes = new Uint8Array(32).fill(0xff);

for (const backend of ["native", "wasm"] as const) {
  const skip = backend === "native" ? noBb : false;

  void t.test(`${backend}: accepts the proof and nothing near it`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1 });
    t.teardown(() => pool.close());
    t.match(pool.stats(), { workers: 1, queued: 0, restarts: 0, backend });

    t.equal(await pool.verify(valid), true);
    t.equal(await pool.verify(wrongEvaluation), false);
    t.equal(await pool.verify(offTheCurve), false);
    for (let input = 0; input < 5; input++) {
      const publicInputs = valid.publicInputs.map((bytes) => Uint8Array.from(bytes));
      const [altered] = publicInputs.slice(input);
      if (altered) altered[31] = (altered[31] ?? 0) ^ 1;
      t.equal(await pool.verify({ ...valid, publicInputs }), false, `public input ${input}`);
    }
    t.equal(await pool.verify(valid), true);
  });

  void t.test(`${backend}: many at once, each caller gets the answer to its own`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 2 });
    t.teardown(() => pool.close());
    const statements = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? wrongEvaluation : valid));
    const answers = await Promise.all(statements.map((statement) => pool.verify(statement)));
    t.strictSame(
      answers,
      statements.map((statement) => statement === valid),
    );
  });

  void t.test(`${backend}: ill-formed statements never reach a verifier`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1 });
    t.teardown(() => pool.close());
    const inputs = valid.publicInputs;
    const illFormed: ProofStatement[] = [
      { ...valid, proof: new Uint8Array() },
      { ...valid, proof: valid.proof.subarray(0, proofBytes - 32) },
      { ...valid, proof: Buffer.concat([valid.proof, new Uint8Array(32)]) },
      { ...valid, publicInputs: inputs.slice(1) },
      { ...valid, publicInputs: [...inputs, new Uint8Array(32)] },
      { ...valid, publicInputs: inputs.with(0, new Uint8Array(31)) },
      ...inputs.map((_, index) => ({ ...valid, publicInputs: inputs.with(index, allOnes) })),
      ...[0, 20, 60, 201].map((index) => withWord(index, allOnes)),
    ];
    for (let round = 0; round < 10; round++)
      for (const statement of illFormed) t.equal(await pool.verify(statement), false);
    t.equal(await pool.verify(valid), true);
    t.equal(pool.stats().restarts, 0, "none of them cost a verifier");
  });

  void t.test(
    `${backend}: a flood of malformed proofs does not spoil the next valid one`,
    { skip },
    async (t) => {
      const events: VerifierEvent[] = [];
      const pool = await createVerifierPool({
        verificationKey,
        backend,
        size: 1,
        onEvent: (event) => events.push(event),
      });
      t.teardown(() => pool.close());
      // More than an unreplaced WASM instance survives.
      const answers = await Promise.all(Array.from({ length: 120 }, () => pool.verify(offTheCurve)));
      t.notOk(answers.includes(true));
      t.equal(await pool.verify(valid), true);
      t.equal(
        pool.stats().restarts,
        backend === "wasm" ? 6 : 0,
        "one after each 20 throws of a WASM instance",
      );
      t.notOk(events.some(({ type }) => type === "died"));
    },
  );

  void t.test(`${backend}: a full queue says busy, and everything taken is answered`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1, maxQueue: 3 });
    t.teardown(() => pool.close());
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => pool.verify(valid)));
    const taken = outcomes.filter(({ status }) => status === "fulfilled");
    t.equal(taken.length, backend === "native" ? 5 : 4, "three that wait and what the verifier holds");
    t.ok(taken.every((outcome) => outcome.status === "fulfilled" && outcome.value));
    const refused = outcomes.slice(taken.length);
    t.ok(
      refused.every(
        (outcome) => outcome.status === "rejected" && outcome.reason instanceof VerifierBusyError,
      ),
    );
    t.equal(await pool.verify(valid), true, "and it takes more once there is room");
  });

  void t.test(`${backend}: a slot that fills the queue shuts out no other slot`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1, maxQueue: 4 });
    t.teardown(() => pool.close());
    const order: string[] = [];
    const judge = (statement: ProofStatement, queueKey: string): Promise<boolean> =>
      pool.verify({ ...statement, queueKey }).finally(() => order.push(queueKey));
    const held = backend === "native" ? 2 : 1;
    const flood = Array.from({ length: held + 4 }, () => judge(wrongEvaluation, "flooding"));
    t.equal(pool.stats().queued, 4, "full, of one slot's proofs alone");

    const other = judge(valid, "other");
    const last = flood.pop()?.then(() => undefined);
    await t.rejects(last ?? Promise.resolve(), VerifierBusyError, "the flood's last gives way");
    t.equal(await other, true);
    t.strictSame(
      await Promise.all(flood),
      flood.map(() => false),
    );
    order.splice(0, 1); // the one that gave way
    t.equal(order.indexOf("other"), held + 1, "behind what was being judged and one turn of the flood");
  });

  void t.test(`${backend}: whoever goes away gives up the place in the queue`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1 });
    t.teardown(() => pool.close());
    const before = Array.from({ length: 4 }, () => pool.verify(valid));
    const gone = new AbortController();
    const abandoned = pool.verify(valid, gone.signal);
    const queued = pool.stats().queued;
    gone.abort();
    t.equal(pool.stats().queued, queued - 1);
    await t.rejects(abandoned, { name: "AbortError" });
    t.strictSame(await Promise.all(before), [true, true, true, true]);
    await t.rejects(pool.verify(valid, gone.signal), { name: "AbortError" });
  });

  void t.test(`${backend}: closing refuses what waits and what comes`, { skip }, async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend, size: 1 });
    const waiting = Promise.allSettled(Array.from({ length: 6 }, () => pool.verify(valid)));
    await pool.close();
    for (const outcome of await waiting)
      t.ok(outcome.status === "rejected" && outcome.reason instanceof VerifierLostError);
    await t.rejects(pool.verify(valid), VerifierLostError);
    await pool.close();
    t.equal(pool.stats().workers, 0);
  });
}

void t.test("wasm: the event loop turns while a proof is verified", async (t) => {
  const pool = await createVerifierPool({ verificationKey, backend: "wasm", size: 1 });
  t.teardown(() => pool.close());
  let turns = 0;
  const state = { waiting: true };
  const answer = pool.verify(valid).finally(() => (state.waiting = false));
  while (state.waiting) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  t.equal(await answer, true);
  // One turn carries the answer; on this thread the verification would let none other pass.
  t.ok(turns > 5, `${turns} turns`);
});

void t.test("auto: falls back to WASM where bb is missing or does not run", async (t) => {
  const before = process.env.BB_BINARY_PATH;
  t.teardown(() => {
    if (before === undefined) delete process.env.BB_BINARY_PATH;
    else process.env.BB_BINARY_PATH = before;
  });
  for (const binary of ["/nonexistent/bb", process.execPath]) {
    process.env.BB_BINARY_PATH = binary;
    const events: VerifierEvent[] = [];
    const pool = await createVerifierPool({
      verificationKey,
      size: 1,
      onEvent: (event) => events.push(event),
    });
    t.match(events, [{ type: "fallback", backend: "wasm" }]);
    t.equal(pool.stats().backend, "wasm");
    t.equal(await pool.verify(valid), true);
    await pool.close();
    await t.rejects(
      createVerifierPool({ verificationKey, size: 1, backend: "native" }),
      "native alone is an error",
    );
  }
});
