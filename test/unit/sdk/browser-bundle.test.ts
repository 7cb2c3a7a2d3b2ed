import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import t from "tap";

/** Minified and zipped, without the prover, which is loaded when the first proof is made. */
const MOST_KILOBYTES = 96;

const folder = fileURLToPath(new URL("../../../../client-sdk/dist/src", import.meta.url));

async function bundle(files: readonly string[]): Promise<{ code: Uint8Array; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: files.map((file) => `export * from "./${file}.js";`).join("\n"),
      resolveDir: folder,
    },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["browser"],
    external: ["@noir-lang/noir_js", "@aztec/bb.js", "hash-wasm", "./log-export.js"],
    logLevel: "silent",
  });
  return { code: outputFiles[0]?.contents ?? new Uint8Array(), metafile };
}

void t.test("the core runs in a browser: nothing of Node, and small", async (t) => {
  const { code, metafile } = await bundle([
    "developer-vault",
    "restore-vault",
    "app-client",
    "prover-pool",
    "barretenberg-lane",
  ]);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const outside = imports.filter(({ external }) => external).map(({ path, kind }) => `${kind} ${path}`);
  // Provers, Argon2 and exports of logs come when they are needed and bb.js is handed in; `crypto` is what the HPKE library
  // asks for where the platform has no WebCrypto, which no browser lacks.
  t.same([...new Set(outside)].sort(), [
    "dynamic-import ./log-export.js",
    "dynamic-import @noir-lang/noir_js",
    "dynamic-import crypto",
    "dynamic-import hash-wasm",
  ]);
  t.notMatch(Buffer.from(code).toString(), /\bnode:|\bBuffer\.|\bprocess\.|\brequire\(/);
  const kilobytes = gzipSync(code).length / 1024;
  t.comment(`${kilobytes.toFixed(1)} KB zipped`);
  t.ok(kilobytes < MOST_KILOBYTES, `${kilobytes.toFixed(1)} KB`);
});

void t.test("a bundle that took something of Node would not build", async (t) => {
  await t.rejects(
    build({
      stdin: { contents: 'export * from "node:fs";', resolveDir: folder },
      bundle: true,
      write: false,
      platform: "browser",
      logLevel: "silent",
    }),
  );
});
