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

/** Behind all the others, these in this order: commands by the hundred, stacks by the dozen. */
const LAST = [
  "e2e/init-killed.test.js",
  "e2e/commands.test.js",
  "integration/shutdown.test.js",
  "integration/timeouts.test.js",
  "integration/disconnect-provider.test.js",
  "integration/killed-server.test.js",
  "browser/keystore-life.test.js",
  "integration/streaming-memory.test.js",
  "e2e/up.test.js",
  "e2e/login.test.js",
  "e2e/logs.test.js",
  "e2e/results-for-programs.test.js",
  "e2e/rotate-keys.test.js",
];
/**
 * Unix seconds. CI has a quarter of an hour, whatever its machine does meanwhile: what has not begun by then is skipped, and
 * said to be. Nobody else has such a time.
 */
const deadline = Number(process.env.TEST_DEADLINE ?? Number.POSITIVE_INFINITY);

const root = fileURLToPath(new URL(".", import.meta.url));
const inherited = Object.entries(process.env).filter(
  ([name]) => name !== "NODE_OPTIONS" && !name.startsWith("_TAPJS_"),
);
// A file says in its output how long it may take, and takes that from here.
const env = { ...Object.fromEntries(inherited), TAP_TIMEOUT: String(TIMEOUT_SECONDS) };

// Twice the cores that CI has: a fifth of the time, tests wait for what is to happen.
t.jobs = 4;
const options = { buffered: true, timeout: TIMEOUT_SECONDS * 1000, env };
const files = (await Promise.all(FOLDERS.map(testFiles))).flat();
const unknown = LAST.filter((file) => !files.includes(file));
if (unknown.length > 0) throw new Error(`no such tests: ${unknown.join(", ")}`);
for (const file of [...files.filter((file) => !LAST.includes(file)), ...LAST]) {
  void t.test(file, { buffered: true, timeout: options.timeout }, async (t) => {
    if (Date.now() / 1000 < deadline) await t.spawn(process.execPath, argumentsFor(file), options, file);
    else t.plan(0, "CI has no time left for it");
  });
}

function argumentsFor(file: string): string[] {
  return [...(LONG_IN_WASM.has(file) ? COLLECTOR : NODE_ARGUMENTS), join(root, file)];
}

/** Paths of a folder's tests; a folder without any is a mistake in the list above. */
async function testFiles(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  const files = names.filter((name) => name.endsWith(".test.js")).map((name) => join(folder, name));
  if (files.length === 0) throw new Error(`no tests in ${folder}`);
  return files.sort();
}
