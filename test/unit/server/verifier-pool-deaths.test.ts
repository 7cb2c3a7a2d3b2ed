import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findBbBinary } from "@aztec/bb.js/platform";
import t from "tap";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import type { VerifierEvent } from "@vaultproof/server/proof/proof-verifier";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";
import { bbChildrenOf, canListProcesses, isBbRunning } from "../../helpers/bb-children.js";
import { readProofVector } from "../../helpers/key-auth-proof.js";

// What happens to callers when verifiers die, and what is left of the processes, seen in the process table.

const valid = readProofVector();
const invalid = { ...valid, publicInputs: [...valid.publicInputs].reverse() };
const skip = !canListProcesses ? "reads /proc" : findBbBinary() === null ? "no bb for this platform" : false;

/** Waits for something of another process; fails the test if it never comes. */
async function eventually(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (condition()) return true;
    await sleep(50);
  }
  return false;
}

void t.test(
  "kill -9 of verifiers amid queued proofs: every caller gets the right answer",
  { skip },
  async (t) => {
    const events: VerifierEvent[] = [];
    const pool = await createVerifierPool({
      verificationKey,
      backend: "native",
      size: 2,
      onEvent: (event) => events.push(event),
    });
    t.teardown(() => pool.close());
    t.equal(bbChildrenOf(process.pid).length, 2);

    const statements = Array.from({ length: 150 }, (_, i) => (i % 4 === 3 ? invalid : valid));
    let answered = 0;
    const answers = await Promise.all(
      statements.map(async (statement) => {
        const answer = await pool.verify(statement);
        answered += 1;
        const [victim] = bbChildrenOf(process.pid);
        if ([20, 60, 100].includes(answered) && victim !== undefined) process.kill(victim, "SIGKILL");
        return answer;
      }),
    );
    t.strictSame(
      answers,
      statements.map((statement) => statement === valid),
    );
    t.equal(pool.stats().restarts, 3);
    t.equal(events.filter(({ type }) => type === "died").length, 3);
    t.ok(await eventually(() => pool.stats().workers === 2), "both are up again");
    t.equal(bbChildrenOf(process.pid).length, 2);
  },
);

void t.test("a verifier that hangs is given up, and its proofs go to another", { skip }, async (t) => {
  const pool = await createVerifierPool({ verificationKey, backend: "native", size: 1, timeoutMs: 5_000 });
  t.teardown(() => pool.close());
  const [hung = 0] = bbChildrenOf(process.pid);
  process.kill(hung, "SIGSTOP");
  t.strictSame(await Promise.all([valid, invalid, valid].map((statement) => pool.verify(statement))), [
    true,
    false,
    true,
  ]);
  t.equal(pool.stats().restarts, 1);
  t.ok(await eventually(() => !isBbRunning(hung)));
});

void t.test("a dead verifier is replaced without a proof to wake it", { skip }, async (t) => {
  const pool = await createVerifierPool({ verificationKey, backend: "native", size: 1 });
  t.teardown(() => pool.close());
  const [first = 0] = bbChildrenOf(process.pid);
  process.kill(first, "SIGKILL");
  t.ok(await eventually(() => pool.stats().restarts === 1 && pool.stats().workers === 1));
  t.equal(await pool.verify(valid), true);
});

void t.test("no process is made for a proof", { skip }, async (t) => {
  const pool = await createVerifierPool({ verificationKey, backend: "native", size: 1 });
  t.teardown(() => pool.close());
  const before = bbChildrenOf(process.pid);
  for (let i = 0; i < 20; i++) await pool.verify(i % 2 ? valid : invalid);
  t.strictSame(bbChildrenOf(process.pid), before);
});

void t.test("bb gets nothing of the server's environment, and close leaves nothing", { skip }, async (t) => {
  process.env.SERVER_ENCRYPTION_KEY = "canary";
  t.teardown(() => delete process.env.SERVER_ENCRYPTION_KEY);
  const pool = await createVerifierPool({ verificationKey, backend: "native", size: 1 });
  const [bb = 0] = bbChildrenOf(process.pid);
  const variables = readFileSync(`/proc/${bb}/environ`, "utf8").split("\0").filter(Boolean);
  const names = variables.map((variable) => variable.split("=")[0] ?? "");
  // tap puts its own variables into every process that a test starts.
  const given = names.filter((name) => name !== "NODE_OPTIONS" && !name.startsWith("_TAPJS_"));
  t.strictSame(given.sort(), ["CRS_PATH", "HARDWARE_CONCURRENCY"]);

  const folder =
    variables.find((variable) => variable.startsWith("CRS_PATH="))?.slice("CRS_PATH=".length) ?? "";
  t.ok(existsSync(folder));
  const waiting = Promise.allSettled(Array.from({ length: 10 }, () => pool.verify(valid)));
  await pool.close();
  t.strictSame(bbChildrenOf(process.pid), []);
  t.notOk(existsSync(folder));
  await waiting;
});

void t.test(
  "a Ctrl-C, which goes to a whole process group, does not reach a verifier",
  { skip },
  async (t) => {
    const pool = await createVerifierPool({ verificationKey, backend: "native", size: 1 });
    t.teardown(() => pool.close());
    const [bb = 0] = bbChildrenOf(process.pid);
    t.equal(processGroup(bb), bb);
    t.not(processGroup(process.pid), bb);
  },
);

/** As the process table has it: `pid (name) state ppid pgrp …` */
function processGroup(pid: number): number {
  return Number(/^\d+ \(.*\) \S \d+ (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
}

void t.test("kill -9 of the server leaves no verifier behind", { skip }, async (t) => {
  const script = fileURLToPath(new URL("../../helpers/run-verifier-pool.js", import.meta.url));
  const server = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout, "data");
  const children = bbChildrenOf(server.pid ?? 0);
  t.equal(children.length, 2);
  server.kill("SIGKILL");
  t.ok(await eventually(() => !children.some(isBbRunning)));
});
