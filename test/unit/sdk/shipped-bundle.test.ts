import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import t from "tap";
import { build } from "vite";

// The bundle for pages as it is shipped: `npm run build:sdk` made it.

const folder = new URL("../../../../client-sdk/dist/browser-bundle/", import.meta.url);
const { entry, files } = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8")) as {
  readonly entry: string;
  readonly files: Readonly<
    Record<string, { readonly bytes: number; readonly gzip: number; readonly needs: readonly string[] }>
  >;
};
const names = Object.keys(files);
const named = (beginning: string): string => {
  const found = names.filter((name) => name.startsWith(`${beginning}-`));
  if (found.length !== 1) throw new Error(`${found.length} files begin with ${beginning}`);
  return found[0] ?? "";
};
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");

/** A file and all that the browser loads with it. */
function withNeeds(name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const need of files[name]?.needs ?? []) withNeeds(need, seen);
  return seen;
}

const sum = (list: Iterable<string>, size: "bytes" | "gzip"): number =>
  [...list].reduce((total, name) => total + (files[name]?.[size] ?? NaN), 0);

void t.test("a page loads at most 60 KB before its first proof", (t) => {
  // Client, connection, sealing and hashing: everything that a call runs through besides the prover.
  const kilobytes = sum(withNeeds(entry), "gzip") / 1024;
  t.comment(`${kilobytes.toFixed(1)} KB zipped`);
  t.ok(kilobytes <= 60, `${kilobytes.toFixed(1)} KB`);
  const later = ["local-keystore", "argon2", "browser-vault", "verify-log", "log-export", "prover-worker"];
  const early = [...withNeeds(entry)];
  t.same(
    later.filter((name) => early.includes(named(name))),
    [],
    "what other pages or moments need comes with them",
  );
  t.end();
});

void t.test("the first proof loads at most 250 KB of JavaScript and 4.2 MB of WebAssembly", (t) => {
  const scripts = sum([named("prover-worker"), named("thread-worker")], "bytes") / 1024;
  t.ok(scripts <= 250, `${scripts.toFixed(1)} KB, not zipped`);
  const both = names.filter((name) => /^(?:acvm|noirc-abi)-/.test(name));
  const [threaded = ""] = names.filter((name) => name.startsWith("barretenberg-threads-"));
  const [single = ""] = names.filter((name) => /^barretenberg-(?!threads-)/.test(name));
  for (const bb of [threaded, single]) {
    const bytes = sum([...both, bb], "gzip");
    t.ok(bytes <= 4_200_000, `${bb} and what goes with it: ${bytes} bytes`);
  }
  t.end();
});

void t.test("the manifest lists every file and its size", (t) => {
  t.same(readdirSync(fileURLToPath(folder)).sort(), [...names, "manifest.json"].sort());
  for (const name of names) t.equal(readFileSync(new URL(name, folder)).length, files[name]?.bytes, name);
  t.end();
});

void t.test("nothing of Node, and nothing that a strict policy forbids", (t) => {
  for (const name of names.filter((file) => file.endsWith(".js"))) {
    const code = read(name);
    // Not `notMatch`, which would print all of it.
    t.notOk(/["'`]node:|(?<![.\w])require\(|import\(["']crypto/.test(code), `${name}: nothing of Node`);
    t.notOk(
      /["'`](?:data|blob):|\beval\(|new Function\(/.test(code),
      `${name}: no data: or blob: URL, no eval`,
    );
    t.notOk(/cdn|unpkg|jsdelivr|aztec-labs|crs\.aztec/.test(code), `${name}: no address of a third party`);
  }
  t.end();
});

void t.test("a user's bundler takes the files along", async (t) => {
  // Where packages are found from.
  const root = await mkdtemp(fileURLToPath(new URL("../vite-", import.meta.url)));
  t.teardown(() => rm(root, { recursive: true }));
  await writeFile(join(root, "index.html"), '<script type="module" src="/page.js"></script>');
  await writeFile(join(root, "page.js"), 'import * as sdk from "@vaultproof/sdk"; globalThis.sdk = sdk;');
  await build({ root, configFile: false, logLevel: "error" });
  const assets = readdirSync(join(root, "dist/assets")).map((name) =>
    readFileSync(join(root, "dist/assets", name)),
  );
  for (const name of names.filter((one) => one.endsWith(".gz") || one.includes("-worker-"))) {
    const shipped = readFileSync(new URL(name, folder));
    t.ok(
      assets.some((asset) => asset.equals(shipped)),
      `${name}, as it is`,
    );
  }
});

void t.test("what takes something of Node would not have become a bundle", async (t) => {
  const stdin = { contents: 'export * from "node:fs";', resolveDir: fileURLToPath(folder) };
  await t.rejects(bundle({ stdin, bundle: true, write: false, platform: "browser", logLevel: "silent" }));
});
