import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";

const require = createRequire(import.meta.url);

/** bb.js and noir_js by hand, as their documentation has a page use them: the witness here, the proof in bb.js's own worker. */
const SCRIPT = `
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { Noir } from "@noir-lang/noir_js";
import { keyAuthProgram } from "@vaultproof/circuits/key-auth-program";
import { manifest } from "@vaultproof/circuits/manifest";
import { proofSettings } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";

const gunzip = async (bytes) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());

export async function openBareProver({ g1, g2, threads }) {
  const backend = await Barretenberg.new({ backend: BackendType.WasmWorker, threads, skipSrsInit: true });
  const load = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  await backend.srsInitSrs({ pointsBuf: await load(g1), numPoints: manifest.referenceString.points, g2Point: await load(g2) });
  const noir = new Noir(keyAuthProgram);
  const bytecode = await gunzip(Uint8Array.from(atob(keyAuthProgram.bytecode), (c) => c.charCodeAt(0)));
  const circuit = { name: "key_auth", bytecode, verificationKey };
  return async (inputs) => {
    const { witness } = await noir.execute(inputs);
    await backend.circuitProve({ circuit, witness: await gunzip(witness), settings: proofSettings });
  };
}
`;

/** Builds the page's peer with nothing of it changed: by path, the files that a host has to serve. */
export async function buildBarePage(): Promise<Record<string, Uint8Array>> {
  const factories = join(dirname(require.resolve("@aztec/bb.js")), "../browser/barretenberg_wasm");
  const worker = (kind: "main" | "thread"): string =>
    join(factories, `barretenberg_wasm_${kind}/factory/browser/${kind}.worker.js`);
  const options = {
    bundle: true,
    write: false as const,
    minify: true,
    format: "esm" as const,
    platform: "browser" as const,
    mainFields: ["browser", "module", "main"],
    logLevel: "error" as const,
  } satisfies BuildOptions & { write: false };
  const [page, main, thread] = await Promise.all([
    build({ ...options, stdin: { contents: SCRIPT, resolveDir: import.meta.dirname } }),
    build({ ...options, entryPoints: [worker("main")] }),
    build({ ...options, entryPoints: [worker("thread")] }),
  ]);
  const code = (built: { outputFiles: { contents: Uint8Array }[] }): Uint8Array =>
    built.outputFiles[0]?.contents ?? new Uint8Array();
  const wasm = (name: string, file: string): Promise<Uint8Array> =>
    readFile(join(dirname(require.resolve(name)), "../web", file));
  return {
    "/bare/bare.js": code(page),
    "/bare/main.worker.js": code(main),
    "/bare/thread.worker.js": code(thread),
    "/bare/acvm_js_bg.wasm": await wasm("@noir-lang/acvm_js", "acvm_js_bg.wasm"),
    "/bare/noirc_abi_wasm_bg.wasm": await wasm("@noir-lang/noirc_abi", "noirc_abi_wasm_bg.wasm"),
  };
}
