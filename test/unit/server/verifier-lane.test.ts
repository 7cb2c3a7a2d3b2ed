import t from "tap";
import { type VerifierEvent, VerifierLostError } from "@vaultproof/server/proof/proof-verifier";
import { type Job, VerifierLane } from "@vaultproof/server/proof/verifier-lane";
import {
  type Verdict,
  type VerifierWorkerKind,
  WorkerDiedError,
} from "@vaultproof/server/proof/verifier-worker";

// The rules for what is tried again and what is not, with verifiers that do as they are told.

const refusal: Verdict = { verified: false, threw: true, broken: false };

interface Setup {
  lane: VerifierLane;
  judge: () => Promise<boolean>;
  started: () => number;
  judged: () => number;
  events: VerifierEvent[];
}

function makeLane(answer: () => Promise<Verdict>, kind: Partial<VerifierWorkerKind> = {}): Setup {
  const events: VerifierEvent[] = [];
  const queue: Job[] = [];
  let started = 0;
  let judged = 0;
  const lane: VerifierLane = new VerifierLane({
    kind: {
      backend: "native",
      depth: 1,
      maxThrows: Infinity,
      start: () => {
        started += 1;
        return Promise.resolve({
          verify: () => {
            judged += 1;
            return answer();
          },
          close: () => Promise.resolve(),
        });
      },
      dispose: () => Promise.resolve(),
      ...kind,
    },
    timeoutMs: 60_000,
    onEvent: (event) => events.push(event),
    giveBack: (jobs) => queue.unshift(...jobs),
    onRoom: () => {
      const job = lane.room > 0 ? queue.shift() : undefined;
      if (job) lane.take(job);
    },
  });
  const judge = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      lane.take({ words: new Uint8Array(0), deaths: 0, resolve, reject });
    });
  return { lane, judge, started: () => started, judged: () => judged, events };
}

void t.test("a throw is a refusal and is not tried again", async (t) => {
  const { lane, judge, judged, started } = makeLane(() => Promise.resolve(refusal));
  await lane.start();
  t.equal(await judge(), false);
  t.equal(judged(), 1);
  t.equal(started(), 1);
  await lane.close();
});

void t.test("a death is tried once more, and only once", async (t) => {
  const { lane, judge, judged, events } = makeLane(() => Promise.reject(new WorkerDiedError("killed")));
  await lane.start();
  await t.rejects(judge(), VerifierLostError, "neither accepted nor refused");
  t.equal(judged(), 2);
  t.match(events, [{ type: "died", reason: "killed" }, { type: "died" }]);
  await lane.close();
});

void t.test("the answer of the second verifier counts", async (t) => {
  let calls = 0;
  const { lane, judge, started } = makeLane(() => {
    calls += 1;
    return calls === 1
      ? Promise.reject(new WorkerDiedError("killed"))
      : Promise.resolve({ verified: true, threw: false, broken: false });
  });
  await lane.start();
  t.equal(await judge(), true);
  t.equal(started(), 2);
  await lane.close();
});

void t.test("a broken verifier judges nothing more", async (t) => {
  const { lane, judge, started, events } = makeLane(() => Promise.resolve({ ...refusal, broken: true }));
  await lane.start();
  t.equal(await judge(), false, "what it threw over is refused");
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(started(), 2);
  t.match(events, [{ type: "worn-out" }]);
  await lane.close();
});

void t.test("one that wears out is replaced after its last throw", async (t) => {
  const { lane, judge, started } = makeLane(() => Promise.resolve(refusal), { maxThrows: 3 });
  await lane.start();
  for (const expected of [1, 1, 2, 2, 2, 3]) {
    await judge();
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(started(), expected);
  }
  await lane.close();
});

void t.test("starting is tried again until it succeeds", async (t) => {
  let starts = 0;
  const { lane, judge, events } = makeLane(() => Promise.reject(new Error("unused")), {
    start: () => {
      starts += 1;
      if (starts === 2) return Promise.reject(new Error("no memory"));
      const dies = starts === 1;
      return Promise.resolve({
        verify: () =>
          dies
            ? Promise.reject(new WorkerDiedError("killed"))
            : Promise.resolve({ verified: true, threw: false, broken: false }),
        close: () => Promise.resolve(),
      });
    },
  });
  await lane.start();
  const keepAlive = setInterval(() => undefined, 1_000);
  t.equal(await judge(), true);
  clearInterval(keepAlive);
  t.match(events, [{ type: "died" }, { type: "start-failed", reason: "no memory" }]);
  await lane.close();
});
