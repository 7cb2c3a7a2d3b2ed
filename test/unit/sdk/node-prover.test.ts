import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { proofBytes, proofSettings } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { publicInputs } from "@vaultproof/protocol/statement";
import { createNodeProver, type CallWitness, type NodeProver } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { bbChildrenOf, canListProcesses, isBbRunning } from "../../helpers/bb-children.js";
import { makeCallWitness } from "../../helpers/call-witness.js";
import { temporaryFolder } from "../../helpers/memory-vault.js";
import { findReferenceString, noReferenceString } from "../../helpers/reference-string.js";

const referenceString = findReferenceString();
const skip = referenceString === undefined ? noReferenceString : false;

async function openVerifier(t: Test): Promise<(proof: Uint8Array, of: CallWitness) => Promise<boolean>> {
  const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
  t.teardown(() => backend.destroy());
  if (referenceString !== undefined) {
    const { g1, g2, points } = referenceString;
    await backend.srsInitSrs({ pointsBuf: g1, numPoints: points, g2Point: g2 });
  }
  return async (proof, { statement }) => {
    const words = Array.from({ length: proof.length / 32 }, (_, i) => proof.slice(32 * i, 32 * i + 32));
    const { verified } = await backend.circuitVerify({
      verificationKey,
      publicInputs: publicInputs(statement).map(fieldToBytes),
      proof: words,
      settings: proofSettings,
    });
    return verified;
  };
}

async function openProver(t: Test, options: Parameters<typeof createNodeProver>[0]): Promise<NodeProver> {
  const prover = await createNodeProver({ cacheFolder: await temporaryFolder(t), ...options });
  t.teardown(() => prover.close());
  return prover;
}

for (const backend of ["native", "wasm"] as const) {
  await t.test(
    `${backend}: proofs that the verifier accepts, for their own statement only`,
    { skip },
    async (t) => {
      const prover = await openProver(t, { backend, lanes: 1 });
      const verify = await openVerifier(t);
      t.equal(prover.backend, backend);
      const { proof } = await prover.prove(makeCallWitness(2));
      t.equal(proof.length, proofBytes);
      t.ok(await verify(proof, makeCallWitness(2)));
      t.notOk(await verify(proof, makeCallWitness(3)));
    },
  );
}

void t.test(
  "a bb that starts and never answers is given up for WASM",
  { skip: skip || process.platform === "win32" },
  async (t) => {
    const folder = await temporaryFolder(t);
    const silent = join(folder, "bb");
    await writeFile(silent, `#!/bin/sh\necho $$ > ${folder}/pid\nwhile read -r line; do :; done\n`, {
      mode: 0o755,
    });
    const before = process.env.BB_BINARY_PATH;
    process.env.BB_BINARY_PATH = silent;
    t.teardown(() => {
      if (before === undefined) delete process.env.BB_BINARY_PATH;
      else process.env.BB_BINARY_PATH = before;
    });
    const start = { lanes: 1, startTimeout: 1000 };
    await t.rejects(openProver(t, { ...start, backend: "native" }), { name: "TimeoutError" });
    const prover = await openProver(t, start);
    t.equal(prover.backend, "wasm");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    t.throws(() => process.kill(pid, 0), { code: "ESRCH" }, "and it is ended");
  },
);

void t.test("several at once come out as asked", { skip }, async (t) => {
  const prover = await openProver(t, { backend: "native", lanes: 2 });
  const verify = await openVerifier(t);
  const asked = [2, 3, 4, 5, 6, 7].map((index) => makeCallWitness(index));
  const proofs = await Promise.all(asked.map((one) => prover.prove(one)));
  for (const [i, { proof }] of proofs.entries()) {
    const of = asked[i];
    t.ok(of !== undefined && (await verify(proof, of)));
  }
});

void t.test(
  "a witness that breaks the circuit is an error, and the next proof is made",
  { skip },
  async (t) => {
    const prover = await openProver(t, { backend: "native", lanes: 1 });
    await t.rejects(prover.prove({ ...makeCallWitness(), slotSecret: 1n }), { code: "prover-failed" });
    t.equal((await prover.prove(makeCallWitness())).proof.length, proofBytes);
  },
);

void t.test(
  "a bb that dies is replaced without the caller's noticing",
  { skip: skip || !canListProcesses },
  async (t) => {
    const prover = await openProver(t, { backend: "native", lanes: 1 });
    await prover.prove(makeCallWitness());
    for (const pid of bbChildrenOf(process.pid)) process.kill(pid, "SIGKILL");
    t.equal((await prover.prove(makeCallWitness())).proof.length, proofBytes);
  },
);

void t.test("an abort takes waiting work out of the queue", { skip }, async (t) => {
  const prover = await openProver(t, { backend: "native", lanes: 1 });
  const controller = new AbortController();
  const first = prover.prove(makeCallWitness());
  const second = prover.prove(makeCallWitness(3), { signal: controller.signal });
  const third = prover.prove(makeCallWitness(4));
  controller.abort(new Error("enough"));
  await t.rejects(second, new Error("enough"));
  t.equal((await first).proof.length, proofBytes);
  t.equal((await third).proof.length, proofBytes);
});

void t.test(
  "a closed prover ends its processes and takes no more",
  { skip: skip || !canListProcesses },
  async (t) => {
    const others = new Set(bbChildrenOf(process.pid));
    const prover = await openProver(t, { backend: "native", lanes: 1 });
    const own = bbChildrenOf(process.pid).filter((pid) => !others.has(pid));
    t.equal(own.length, 1);
    await prover.close();
    await t.rejects(prover.prove(makeCallWitness()), { code: "closed" });
    while (own.some(isBbRunning)) await setTimeout(20);
  },
);

void t.test(
  "bb is reached over pipes that have no name, and is given nothing of this process's environment",
  { skip: skip || !canListProcesses },
  async (t) => {
    process.env.VAULTPROOF_BUNDLE = "canary";
    t.teardown(() => delete process.env.VAULTPROOF_BUNDLE);
    const others = new Set(bbChildrenOf(process.pid));
    await openProver(t, { backend: "native", lanes: 1 });
    const [bb = 0] = bbChildrenOf(process.pid).filter((pid) => !others.has(pid));
    const [, ...args] = readFileSync(`/proc/${bb}/cmdline`, "utf8").split("\0").filter(Boolean);
    t.strictSame(args, ["msgpack", "run"], "no socket that others could listen at");
    const variables = readFileSync(`/proc/${bb}/environ`, "utf8").split("\0").filter(Boolean);
    const names = variables.map((variable) => variable.split("=")[0] ?? "");
    // tap puts its own variables into every process that a test starts.
    const given = names.filter((name) => name !== "NODE_OPTIONS" && !name.startsWith("_TAPJS_"));
    t.strictSame(given.sort(), ["CRS_PATH", "HARDWARE_CONCURRENCY"]);
  },
);

void t.test("CRS_PATH is what it was, and nothing is written to the console", { skip }, async (t) => {
  const before = process.env.CRS_PATH;
  const written: unknown[] = [];
  t.intercept(console, "log", { value: (...args: unknown[]) => written.push(args) });
  const prover = await openProver(t, { backend: "native", lanes: 1 });
  await prover.prove(makeCallWitness());
  t.equal(process.env.CRS_PATH, before);
  t.same(written, []);
});
