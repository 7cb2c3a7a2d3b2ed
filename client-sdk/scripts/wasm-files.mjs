import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
/** Deflate's blocks are smaller with less memory, and suit code better; which is best differs from file to file. */
const MEMORY_LEVELS = [6, 7];

/**
 * The WebAssembly that proving needs, zipped as small as zlib can: by the name of its member in `BundleFiles`.
 *
 * @returns {Promise<Record<string, { name: string, bytes: number, zipped: Buffer }>>}
 */
export async function readWasmFiles() {
  const bb = join(
    dirname(require.resolve("@aztec/bb.js")),
    "../browser/barretenberg_wasm/fetch_code/browser",
  );
  const noir = (name, file) => readFile(join(dirname(require.resolve(name)), "../web", file));
  return {
    barretenberg: zip("barretenberg", await readDataUrl(join(bb, "barretenberg.js"))),
    barretenbergThreads: zip("barretenberg-threads", await readDataUrl(join(bb, "barretenberg-threads.js"))),
    acvm: zip("acvm", await noir("@noir-lang/acvm_js", "acvm_js_bg.wasm")),
    noircAbi: zip("noirc-abi", await noir("@noir-lang/noirc_abi", "noirc_abi_wasm_bg.wasm")),
  };
}

function zip(name, wasm) {
  const [zipped] = MEMORY_LEVELS.map((memLevel) => gzipSync(wasm, { level: 9, memLevel })).sort(
    (a, b) => a.length - b.length,
  );
  return { name, bytes: wasm.length, zipped };
}

/** bb.js ships it inside a module, as base64 of its gzip. */
async function readDataUrl(file) {
  const found = /"data:application\/gzip;base64,([A-Za-z0-9+/=]+)"/.exec(await readFile(file, "utf8"));
  if (found === null) throw new Error(`${file} holds its WebAssembly in another way`);
  return gunzipSync(Buffer.from(found[1], "base64"));
}
