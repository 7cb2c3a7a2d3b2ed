import { verificationKey } from "@vaultproof/circuits/verification-key";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";
import { createNodeProver } from "@vaultproof/sdk";
import { interleave } from "../interleave.js";
import { perSecond } from "../load/keep-busy.js";
import { cpuMilliseconds } from "../machine/process-cpu.js";
import { startNative, startWasm, verifyBare, withPids } from "../proofs/bare-bb.js";
import { proveStatement, type ProvedStatement } from "../proofs/proved-statement.js";
import { randomWitness } from "../proofs/random-witness.js";
import type { ProvingMaterial } from "../proofs/reference-string.js";
import { median, sum } from "../statistics.js";
import { requireMaterial, type BenchContext } from "./bench-context.js";

/** The verifier pool against as many bare verifiers, each with as many proofs in flight. */
export interface VerificationFigures {
  readonly backend: "native" | "wasm";
  readonly verifiers: number;
  /** Proofs verified a second: medians over the rounds, and each round. */
  readonly pool: number;
  readonly bare: number;
  /** Pool over bare; 0.9 is the goal. */
  readonly ratio: number;
  readonly rounds: { readonly pool: readonly number[]; readonly bare: readonly number[] };
  /** CPU milliseconds of the bb process for one proof, where that can be read. */
  readonly bareCpuMs?: number;
}

/** Different proofs, so that none is verified often enough to be remembered by anything. */
const PROOFS = 32;
/** Proofs at a verifier at a time: the second travels while the first is judged. As the native pool does. */
const IN_FLIGHT = 2;

/** @throws NotMeasuredError without the reference string. */
export async function measureVerification(context: BenchContext): Promise<VerificationFigures[]> {
  const material = requireMaterial(context);
  const proofs = await makeProofs(context, material);
  const configurations = [
    { backend: "native", verifiers: 1, count: 500 },
    ...(context.cores > 1
      ? [{ backend: "native", verifiers: context.cores, count: 500 * context.cores } as const]
      : []),
    { backend: "wasm", verifiers: 1, count: 150 },
  ] as const;
  const figures: VerificationFigures[] = [];
  for (const configuration of configurations) {
    const { backend, verifiers } = configuration;
    context.say(`verification, ${backend}, ${verifiers} ${verifiers === 1 ? "verifier" : "verifiers"}`);
    figures.push(await compare(context, { ...configuration, material, proofs }));
  }
  return figures;
}

async function makeProofs(context: BenchContext, { folder }: ProvingMaterial): Promise<ProvedStatement[]> {
  const prover = await createNodeProver({ cacheFolder: folder, lanes: context.cores });
  try {
    const count = context.quick ? 4 : PROOFS;
    return await Promise.all(Array.from({ length: count }, () => proveStatement(prover, randomWitness())));
  } finally {
    await prover.close();
  }
}

interface Comparison {
  readonly backend: "native" | "wasm";
  readonly verifiers: number;
  /** Proofs a round. */
  readonly count: number;
  readonly material: ProvingMaterial;
  readonly proofs: readonly ProvedStatement[];
}

async function compare(context: BenchContext, options: Comparison): Promise<VerificationFigures> {
  const { backend, verifiers, material, proofs } = options;
  const count = context.quick ? 20 : options.count;
  const inFlight = backend === "native" ? IN_FLIGHT * verifiers : verifiers;
  const proofAt = (index: number): ProvedStatement => at(proofs, index);
  const { started: bare, pids } = await withPids(() =>
    Promise.all(
      Array.from({ length: verifiers }, () =>
        backend === "native" ? startNative(material, 1) : startWasm(material, "here"),
      ),
    ),
  );
  const pool = await createVerifierPool({ verificationKey, size: verifiers, backend });
  const bareCpu = (): number => sum(pids.map(cpuMilliseconds));
  const cpuOfRounds: number[] = [];
  try {
    const rounds = await interleave({
      rounds: context.quick ? 2 : 10,
      prepare: () => Promise.resolve(),
      contenders: {
        pool: () =>
          perSecond({
            ...{ count, inFlight },
            work: async (index) => {
              if (!(await pool.verify(proofAt(index))))
                throw new Error("the pool refused a proof that holds");
            },
          }),
        bare: async () => {
          const before = bareCpu();
          const rate = await perSecond({
            ...{ count, inFlight },
            work: (index, lane) => verifyBare(at(bare, lane), proofAt(index)),
          });
          cpuOfRounds.push((bareCpu() - before) / count);
          return rate;
        },
      },
    });
    const [poolRate, bareRate] = [median(rounds.pool), median(rounds.bare)];
    const figures = {
      backend,
      verifiers,
      pool: poolRate,
      bare: bareRate,
      ratio: poolRate / bareRate,
      rounds,
    };
    return pids.length === 0 ? figures : { ...figures, bareCpuMs: median(cpuOfRounds) };
  } finally {
    await Promise.all([pool.close(), ...bare.map((backend) => backend.destroy())]);
  }
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError("nothing to choose from");
  return value;
}
