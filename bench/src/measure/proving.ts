import { createNodeProver, type CallWitness } from "@vaultproof/sdk";
import { interleave } from "../interleave.js";
import { createBareProver, startNative, startWasm } from "../proofs/bare-bb.js";
import { randomWitness, toNoirInputs } from "../proofs/random-witness.js";
import { distribution, type Distribution } from "../statistics.js";
import { requireMaterial, type BenchContext } from "./bench-context.js";

/** One proof, from its inputs to its bytes, in milliseconds. */
export interface ProvingFigures {
  readonly backend: "native" | "wasm";
  readonly sdk: Distribution;
  /** bb.js and noir_js by hand, with one thread as the SDK has it. */
  readonly bare: Distribution;
  /** Medians, SDK over bare; 1.15 is the goal. */
  readonly ratio: number;
  /** The same by hand with as many threads as bb takes by itself; native only. */
  readonly bareAllThreads?: Distribution;
}

/** @throws NotMeasuredError without the reference string. */
export async function measureProving(context: BenchContext): Promise<ProvingFigures[]> {
  const material = requireMaterial(context);
  const { folder: cacheFolder } = material;
  context.say("proving, native and WASM");
  const backends = await Promise.all([
    startNative(material, 1),
    startNative(material),
    startWasm(material, "worker"),
  ]);
  const [native, nativeAllThreads, wasm] = backends;
  const sdkNative = await createNodeProver({ cacheFolder, backend: "native", lanes: 1 });
  const sdkWasm = await createNodeProver({ cacheFolder, backend: "wasm", lanes: 1 });
  const bare = {
    native: createBareProver(native),
    all: createBareProver(nativeAllThreads),
    wasm: createBareProver(wasm),
  };
  try {
    const times = await interleave({
      rounds: context.quick ? 2 : 40,
      // All prove the same.
      prepare: () => Promise.resolve(randomWitness()),
      contenders: {
        sdkNative: timed((witness) => sdkNative.prove(witness)),
        bareNative: timed((witness) => bare.native(toNoirInputs(witness))),
        bareNativeAllThreads: timed((witness) => bare.all(toNoirInputs(witness))),
        sdkWasm: timed((witness) => sdkWasm.prove(witness)),
        bareWasm: timed((witness) => bare.wasm(toNoirInputs(witness))),
      },
    });
    const bareAllThreads = distribution(times.bareNativeAllThreads);
    return [
      { ...compare("native", times.sdkNative, times.bareNative), bareAllThreads },
      compare("wasm", times.sdkWasm, times.bareWasm),
    ];
  } finally {
    await Promise.all([sdkNative.close(), sdkWasm.close(), ...backends.map((backend) => backend.destroy())]);
  }
}

function compare(
  backend: "native" | "wasm",
  sdkTimes: readonly number[],
  bareTimes: readonly number[],
): ProvingFigures {
  const [sdk, bare] = [distribution(sdkTimes), distribution(bareTimes)];
  return { backend, sdk, bare, ratio: sdk.median / bare.median };
}

function timed(prove: (witness: CallWitness) => Promise<unknown>): (witness: CallWitness) => Promise<number> {
  return async (witness) => {
    const began = performance.now();
    await prove(witness);
    return performance.now() - began;
  };
}
