import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const OURS = fileURLToPath(new URL("../dist/browser/barretenberg-platform.js", import.meta.url));
/** What we ask of bb; its other hundred commands, and what encodes them, stay out of the bundle. */
const COMMANDS = new Set(["circuitProve", "srsInitSrs"]);
/** A method of bb.js's generated class: one command, four spaces in. */
const METHOD = /^ {4}(\w+)\(command\) \{\n[\s\S]*?^ {4}\}\n/gm;

/**
 * An esbuild plugin that takes from bb.js and noir_js what proving one circuit in a worker of ours needs. It fails the
 * build where these packages have changed so that it no longer finds what it takes away.
 *
 * @returns {import("esbuild").Plugin}
 */
export function slimBarretenberg() {
  return {
    name: "slim-barretenberg",
    setup(build) {
      // Pure modules, so that what nobody asks for is left out.
      const pure = (contents) => ({ contents, loader: "js" });
      build.onResolve({ filter: /^@aztec\/bb\.js$/ }, async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === "resolved") return undefined;
        const found = await build.resolve(path, { resolveDir, kind, pluginData: "resolved" });
        return { ...found, sideEffects: false };
      });
      build.onResolve({ filter: /^\.\.?\// }, async ({ path, resolveDir, kind, importer, pluginData }) => {
        if (pluginData === "resolved" || !importer.includes("@aztec/bb.js/dest/browser")) return undefined;
        // WebAssembly as base64, and workers from paths that the bundle does not have: ours takes their place.
        if (
          /barretenberg_wasm\/index\.js$|barretenberg_wasm_thread\/factory\/browser\/index\.js$/.test(path)
        ) {
          return { path: OURS };
        }
        const found = await build.resolve(path, { resolveDir, kind, importer, pluginData: "resolved" });
        return { ...found, sideEffects: false };
      });
      build.onLoad({ filter: /bb\.js\/dest\/browser\/cbind\/generated\/async\.js$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        const kept = [];
        const slim = source.replace(METHOD, (method, name) => {
          if (!COMMANDS.has(name)) return "";
          kept.push(name);
          return method;
        });
        if (kept.length !== COMMANDS.size) throw new Error("bb.js's generated class has another form");
        return pure(slim);
      });
      // Where its worker is asked for, which ours is instead.
      build.onLoad({ filter: /barretenberg_wasm_main\/factory\/browser\/index\.js$/ }, () =>
        pure('export const createMainWorker = () => { throw new Error("bb runs in our worker"); };'),
      );
      // The reference string is handed to it; it must not look for one on the network.
      build.onLoad({ filter: /bb\.js\/dest\/browser\/crs\/index\.js$/ }, () =>
        pure("export class Crs {} export class GrumpkinCrs {}"),
      );
      // Reads debug symbols, which our program is stripped of; noir_js passes over its failing.
      build.onLoad({ filter: /noir_js\/lib\/debug\.mjs$/ }, () =>
        pure(
          'export function parseDebugSymbols() { throw new Error("no debug symbols"); } export const extractCallStack = parseDebugSymbols;',
        ),
      );
      // Our worker hands them their modules; bundlers would look for these files.
      build.onLoad({ filter: /(?:acvm_js|noirc_abi_wasm)\.js$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        const slim = source.replace(/new URL\('\w+_bg\.wasm', import\.meta\.url\)/, "undefined");
        if (slim === source) throw new Error(`${path} loads its WebAssembly in another way`);
        return pure(slim);
      });
    },
  };
}
