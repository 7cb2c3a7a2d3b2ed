import { BackendType, Barretenberg } from "@aztec/bb.js";
import initAcvm from "@noir-lang/acvm_js";
import initAbi from "@noir-lang/noirc_abi";
import { assertArtifacts } from "@vaultproof/circuits/integrity";
import { keyAuthProgramJson } from "@vaultproof/circuits/key-auth-program";
import { manifest } from "@vaultproof/circuits/manifest";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { createBarretenbergLane } from "../src/barretenberg-lane.js";
import type { ProverLane } from "../src/prover-pool.js";
import { giveBarretenberg } from "./barretenberg-platform.js";
import type { WasmFile } from "./bundle-files.js";
import type { ProverReport, ProverRequest, ProverStart } from "./prover-messages.js";
import { downloadWasm } from "./wasm-download.js";

// The worker behind a lane: first what to start with, then one witness in, one proof or failure out.
let lane: ProverLane | undefined;

addEventListener("message", ({ data }: MessageEvent<ProverRequest>) => {
  void answer(data).then(report, (error: unknown) => {
    report({ failure: error instanceof Error ? error.message : String(error) });
  });
});

async function answer(request: ProverRequest): Promise<ProverReport> {
  if ("witness" in request) {
    if (lane === undefined) throw new Error("a witness came before the prover was ready");
    return lane.prove(request.witness);
  }
  await holdLock(request.start.lifeLock);
  lane = await openLane(request.start);
  return { ready: true };
}

async function openLane(start: ProverStart): Promise<ProverLane> {
  const [, modules] = await Promise.all([
    assertArtifacts({
      manifest,
      programJson: keyAuthProgramJson,
      verificationKey,
      sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
    }),
    downloadAll({ barretenberg: start.barretenberg, acvm: start.acvm, noircAbi: start.noircAbi }),
  ]);
  report({ step: "initialise" });
  await Promise.all([
    initAcvm({ module_or_path: modules.acvm }),
    initAbi({ module_or_path: modules.noircAbi }),
  ]);
  giveBarretenberg(modules.barretenberg, start);
  // Not bb.js's own worker: this is one already.
  const backend = await Barretenberg.new({
    backend: BackendType.Wasm,
    threads: start.threads,
    skipSrsInit: true,
  });
  await backend.srsInitSrs({ pointsBuf: start.g1, numPoints: start.points, g2Point: start.g2 });
  return createBarretenbergLane(backend, (step) => report({ step }));
}

async function downloadAll<Name extends string>(
  files: Record<Name, WasmFile>,
): Promise<Record<Name, WebAssembly.Module>> {
  const entries = Object.entries<WasmFile>(files);
  const total = entries.reduce((sum, [, { zippedBytes }]) => sum + zippedBytes, 0);
  const loaded = new Map<string, number>();
  const modules = await Promise.all(
    entries.map(async ([name, file]) => {
      const module = await downloadWasm(file, (bytes) => {
        loaded.set(name, bytes);
        const sum = [...loaded.values()].reduce((all, one) => all + one, 0);
        report({ step: "download", loaded: sum, total });
      });
      return [name, module];
    }),
  );
  return Object.fromEntries(modules) as Record<Name, WebAssembly.Module>;
}

/** Resolves once the lock is held, which it then is for as long as this worker lives. */
async function holdLock(name: string): Promise<void> {
  // Absent where the page is no secure context, and in old browsers: then a worker's death goes unseen.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return;
  await new Promise<void>((held) => {
    void locks.request(name, () => {
      held();
      return new Promise<never>(() => undefined);
    });
  });
}

function report(message: ProverReport): void {
  postMessage(message);
}
