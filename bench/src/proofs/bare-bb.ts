import { gunzipSync } from "node:zlib";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { Noir, type InputMap } from "@noir-lang/noir_js";
import { keyAuthProgram } from "@vaultproof/circuits/key-auth-program";
import { proofSettings } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { manifest } from "@vaultproof/circuits/manifest";
import { bbChildren } from "../machine/process-cpu.js";
import type { ProvingMaterial } from "./reference-string.js";
import type { ProvedStatement } from "./proved-statement.js";

// The peer of verifier and prover: bb.js as its documentation has it used, with nothing of VaultProof around it.

/** Starts a bb process through bb.js, with as many threads as told, or as bb takes by itself. */
export async function startNative(material: ProvingMaterial, threads?: number): Promise<Barretenberg> {
  process.env.CRS_PATH = material.folder; // bb takes it from the environment only
  const backend = await Barretenberg.new({
    backend: BackendType.NativeUnixSocket,
    skipSrsInit: true,
    ...(threads === undefined ? {} : { threads }),
  });
  await backend.blake2s({ data: new Uint8Array(1) }); // the first answer says that it is up
  return backend;
}

/** Starts bb in WASM with one thread: in this thread, or in a worker where this one has other work. */
export async function startWasm(material: ProvingMaterial, where: "here" | "worker"): Promise<Barretenberg> {
  const backend = await Barretenberg.new({
    backend: where === "here" ? BackendType.Wasm : BackendType.WasmWorker,
    threads: 1,
    skipSrsInit: true,
  });
  const { g1, g2 } = material.referenceString;
  await backend.srsInitSrs({ pointsBuf: g1, numPoints: manifest.referenceString.points, g2Point: g2 });
  return backend;
}

/** Runs `start` and finds the bb processes that it started; none where processes cannot be listed. */
export async function withPids<T>(start: () => Promise<T>): Promise<{ started: T; pids: number[] }> {
  if (process.platform !== "linux") return { started: await start(), pids: [] };
  const before = new Set(bbChildren(process.pid));
  const started = await start();
  return { started, pids: bbChildren(process.pid).filter((pid) => !before.has(pid)) };
}

/** @throws Error if the proof does not hold: every proof of a benchmark does. */
export async function verifyBare(backend: Barretenberg, { words }: ProvedStatement): Promise<void> {
  const { verified } = await backend.circuitVerify({ verificationKey, ...words, settings: proofSettings });
  if (!verified) throw new Error("bb refused a proof that holds");
}

/** Executes the circuit and proves, as somebody would who has the inputs under their names in Noir. */
export function createBareProver(backend: Barretenberg): (inputs: InputMap) => Promise<void> {
  const noir = new Noir(keyAuthProgram);
  const bytecode = gunzipSync(Buffer.from(keyAuthProgram.bytecode, "base64"));
  const circuit = { name: "key_auth", bytecode, verificationKey };
  return async (inputs) => {
    const { witness } = await noir.execute(inputs);
    await backend.circuitProve({ circuit, witness: gunzipSync(witness), settings: proofSettings });
  };
}
