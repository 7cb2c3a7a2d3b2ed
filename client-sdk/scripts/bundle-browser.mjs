import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { slimBarretenberg } from "./slim-barretenberg.mjs";
import { readWasmFiles } from "./wasm-files.mjs";

// Makes `dist/browser-bundle`: the SDK for pages as files that any static host can serve. The entry's name is fixed, all
// others carry a hash of their content and may be cached for good. Workers are whole in themselves: a user's bundler
// copies them as they are.
const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const compiled = join(packageFolder, "dist/browser");
const folder = join(packageFolder, "dist/browser-bundle");
const common = {
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: "esm",
  platform: "browser",
  conditions: ["browser"],
  mainFields: ["browser", "module", "main"],
  // Compiles decoders by `new Function` otherwise, which a strict policy refuses and reports.
  alias: { msgpackr: "msgpackr/index-no-eval" },
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
};

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const written = {};
const wasm = {};
for (const [member, { name, bytes, zipped }] of Object.entries(await readWasmFiles())) {
  wasm[member] = { file: await writeHashed(name, ".wasm.gz", zipped), bytes, zippedBytes: zipped.length };
}
const bbThread = join(
  createRequire(import.meta.url).resolve("@aztec/bb.js"),
  "../../browser/barretenberg_wasm/barretenberg_wasm_thread/factory/browser/thread.worker.js",
);
const threadWorker = await bundleWorker(bbThread, "thread-worker");
const proverWorker = await bundleWorker(join(compiled, "prover-worker.js"), "prover-worker");
await bundlePage({ threadWorker, proverWorker, wasm });
await writeFile(
  join(folder, "manifest.json"),
  `${JSON.stringify({ entry: "vaultproof.js", files: written }, null, 2)}\n`,
);

async function writeHashed(name, extension, contents) {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 10);
  const file = `${name}-${hash}${extension}`;
  await writeListed(file, contents);
  return file;
}

/** Lists what was written, and what the browser is to load before the entry can run. */
async function writeListed(file, contents, needs = []) {
  await writeFile(join(folder, file), contents);
  const gzip = file.endsWith(".gz") ? contents.length : gzipSync(contents, { level: 9 }).length;
  written[file] = { bytes: contents.length, gzip, needs };
}

async function bundleWorker(entry, name) {
  const { outputFiles } = await build({ ...common, entryPoints: [entry], plugins: [slimBarretenberg()] });
  return writeHashed(name, ".js", outputFiles[0].contents);
}

async function bundlePage(files) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [{ in: join(compiled, "index.js"), out: "vaultproof" }],
    splitting: true,
    outdir: folder,
    chunkNames: "[name]-[hash]",
    plugins: [bundleFilesPlugin(files)],
  });
  for (const { path, contents } of outputFiles) {
    const name = basename(path);
    const output = Object.entries(metafile.outputs).find(([made]) => basename(made) === name);
    const needs = output[1].imports.filter(({ kind }) => kind === "import-statement");
    await writeListed(
      name,
      contents,
      needs.map(({ path: needed }) => basename(needed)),
    );
  }
}

/** Puts the names of the files into `bundle-files.js`, each a literal URL beside the bundle. */
function bundleFilesPlugin({ threadWorker, proverWorker, wasm }) {
  const url = (file) => `new URL("./${file}", import.meta.url).href`;
  const members = [
    `proverWorker: ${url(proverWorker)}`,
    `threadWorker: ${url(threadWorker)}`,
    ...Object.entries(wasm).map(
      ([member, { file, bytes, zippedBytes }]) =>
        `${member}: { url: ${url(file)}, bytes: ${bytes}, zippedBytes: ${zippedBytes} }`,
    ),
  ];
  return {
    name: "bundle-files",
    setup(build) {
      // What the HPKE library asks for where there is no WebCrypto; pages without it are told so, and bundlers are spared it.
      build.onResolve({ filter: /^crypto$/ }, () => ({ path: "no-crypto", namespace: "no-crypto" }));
      build.onLoad({ filter: /.*/, namespace: "no-crypto" }, () => ({
        contents: "export const webcrypto = undefined;",
      }));
      build.onLoad({ filter: /dist\/browser\/bundle-files\.js$/ }, () => ({
        contents: `export const bundleFiles = { ${members.join(", ")} };`,
        loader: "js",
      }));
    },
  };
}
