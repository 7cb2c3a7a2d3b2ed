import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import t from "tap";

// What `npm test` runs: every test file in a process of its own. tap would do the same, but each process with the hooks by which
// it follows what a file loads, for coverage and for watching; nobody asks for either here, and on Node 20 the hooks cost
// as much CPU as half of the tests.

/** Each file may take this long on a machine that is busy with the others. */
const TIMEOUT_SECONDS = 300;
/** Longest first, so that none is left running alone at the end. `slow/` is not among them: see CONTRIBUTING.md. */
const FOLDERS = ["integration", "e2e", "browser", "regressions", "properties", "unit"];
/**
 * No process of a test lives long enough to gain from WebAssembly being compiled a second time, optimised: with PGlite alone
 * that costs more CPU than most of the tests. And threads that help the collector only take a core from the other tests.
 */
const COLLECTOR = ["--single-threaded-gc", "--max-semi-space-size=64"];
const NODE_ARGUMENTS = [...COLLECTOR, "--liftoff-only"];
/** What these do is Argon2id, for seconds: optimised it takes half as long. */
const LONG_IN_WASM = new Set(["unit/sdk/recovery-kit.test.js", "unit/cli/secret-store.test.js"]);

const root = fileURLToPath(new URL(".", import.meta.url));
const inherited = Object.entries(process.env).filter(
  ([name]) => name !== "NODE_OPTIONS" && !name.startsWith("_TAPJS_"),
);
// A file says in its output how long it may take, and takes that from here.
const env = { ...Object.fromEntries(inherited), TAP_TIMEOUT: String(TIMEOUT_SECONDS) };

// Twice the cores that CI has: a fifth of the time, tests wait for what is to happen.
t.jobs = 4;
for (const folder of FOLDERS) {
  for (const file of await testFiles(folder)) {
    const nodeArguments = LONG_IN_WASM.has(file) ? COLLECTOR : NODE_ARGUMENTS;
    const options = { buffered: true, timeout: TIMEOUT_SECONDS * 1000, env };
    void t.spawn(process.execPath, [...nodeArguments, join(root, file)], options, file);
  }
}

/** Paths of a folder's tests; a folder without any is a mistake in the list above. */
async function testFiles(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  const files = names.filter((name) => name.endsWith(".test.js")).map((name) => join(folder, name));
  if (files.length === 0) throw new Error(`no tests in ${folder}`);
  return files.sort();
}
