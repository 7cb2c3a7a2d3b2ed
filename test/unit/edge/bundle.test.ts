import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import t from "tap";

/** Measured at 56 KB; the rest is room, not an invitation. */
const MAX_BYTES = 64 * 1024;

void t.test("the edge's core is small, for any platform, and drags nothing in", async (t) => {
  const result = await build({
    entryPoints: [fileURLToPath(import.meta.resolve("@vaultproof/edge/handler"))],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  });
  // What was read but shaken out again is not part of it.
  const [output] = Object.values(result.metafile.outputs);
  const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const inputs = used.map(([path]) => path);
  const packages = new Set(
    inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "ours"),
  );
  packages.delete("ours");
  t.same([...packages].sort(), ["hono", "ipaddr.js", "structured-headers"]);
  t.notOk(
    inputs.some((path) => path.includes("edge/dist/node")),
    "the Node adapter is no part of it",
  );
  const size = result.outputFiles[0]?.contents.length ?? Infinity;
  t.ok(size <= MAX_BYTES, `${size} bytes`);
});
