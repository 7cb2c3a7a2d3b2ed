// Makes the package that stands by itself: the workspace's own packages in a few files of dist/packed, everybody else's
// as dependencies. Run by `npm pack`, which has compiled everything before.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = at("../dist/packed");

await rm(OUT, { recursive: true, force: true });
if (!process.argv.includes("--clean")) await bundle();

async function bundle() {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    entryPoints: [
      at("../dist/main.js"),
      // Threads are started from the file beside whoever starts them.
      at("../../client-sdk/dist/node/wasm-lane-thread.js"),
      at("../../server/dist/proof/wasm-verifier-thread.js"),
    ],
    outdir: `${OUT}/lib`,
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    plugins: [{ name: "only-our-own", setup: externalUnlessOurs }],
  });
  await assertDependencies(metafile);
  // Where the packages look for them: one folder above their own files.
  await cp(at("../../db/migrations"), `${OUT}/migrations`, { recursive: true });
  await cp(at("../../dashboard/dist/page"), `${OUT}/page`, {
    recursive: true,
    filter: (path) => !basename(path).startsWith("."),
  });
  const { name, version, license, type } = JSON.parse(await readFile(at("../package.json"), "utf8"));
  await writeFile(`${OUT}/package.json`, `${JSON.stringify({ name, version, license, type }, null, 2)}\n`);
  await mkdir(OUT, { recursive: true });
  await cp(at("../../LICENSE"), `${OUT}/LICENSE`);
}

/** @param {import("esbuild").PluginBuild} build */
function externalUnlessOurs(build) {
  build.onResolve({ filter: /^[^./]/ }, ({ path }) =>
    path.startsWith("@vaultproof/") ? undefined : { external: true },
  );
}

/** What is imported must be installed with the package. */
async function assertDependencies({ outputs }) {
  const { dependencies } = JSON.parse(await readFile(at("../package.json"), "utf8"));
  const imported = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ external, path }) => external === true && !isBuiltin(path))
    .map(({ path }) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  const missing = [...new Set(imported)].filter((name) => !Object.hasOwn(dependencies, name)).sort();
  if (missing.length > 0) throw new Error(`cli/package.json lacks dependencies: ${missing.join(", ")}`);
}
