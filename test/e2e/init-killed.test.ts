import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { makeLoggedInDevice, type CliDevice } from "../helpers/cli-device.js";
import { madeUpKeys } from "../helpers/env-shapes.js";
import { startStack } from "../helpers/stack.js";

const PRELOAD = new URL("../helpers/kill-at-step.js", import.meta.url).href;
const DRAFT = /^\.env\.vaultproof-[0-9a-f]{16}\.tmp$/;
const AT_THE_SAME_TIME = 2;

t.setTimeout(600_000);

/** What a folder is like before anything is done in it. */
interface Project {
  readonly folder: string;
  readonly original: string;
  readonly key: string;
}

async function makeProject(device: CliDevice): Promise<Project> {
  const folder = await device.folder();
  const key = madeUpKeys().openai;
  const original = `# mine\r\nOPENAI_API_KEY="${key}"\r\nB=2`;
  await writeFile(join(folder, ".env"), original, { mode: 0o640 });
  return { folder, original, key };
}

function killedAt(step: number, counted?: string): Record<string, string> {
  const count = counted === undefined ? {} : { KILL_COUNT_FILE: counted };
  return { NODE_OPTIONS: `--import ${PRELOAD}`, KILL_AT_STEP: String(step), ...count };
}

const readEnv = ({ folder }: Project): Promise<string> => readFile(join(folder, ".env"), "utf8");

/** What is beside the file. A draft of it may be, for a moment, under a name that the usual rules keep from git. */
async function besideEnv({ folder }: Project): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== ".env");
}

const unexpected = (names: readonly string[]): string[] => names.filter((name) => !DRAFT.test(name));

/** How many steps a run of it has that is not killed. */
async function countSteps(device: CliDevice, project: Project, args: readonly string[]): Promise<number> {
  const counted = join(project.folder, "count");
  await device.run(args, { cwd: project.folder, env: killedAt(0, counted) });
  return Number(await readFile(counted, "utf8"));
}

/** Runs `work` for 1 to `count`, some at the same time. */
async function forEachStep(count: number, work: (step: number) => Promise<void>): Promise<void> {
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_THE_SAME_TIME }, lane));
}

void t.test("init and its undoing survive kill -9 at each step", async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const device = await makeLoggedInDevice(t, stack);
  // What a device makes once, with its first project, is not counted.
  const warmUp = await makeProject(device);
  for (const args of [["init"], ["init", "--undo"]])
    await device.run([...args, "--yes"], { cwd: warmUp.folder });
  const first = await makeProject(device);
  const initSteps = await countSteps(device, first, ["init", "--yes"]);
  const undoSteps = await countSteps(device, first, ["init", "--undo", "--yes"]);
  t.ok(initSteps > 10 && undoSteps > 5, `${initSteps} and ${undoSteps} steps`);
  t.equal(await readEnv(first), first.original);

  const leftovers: string[] = [];
  let draftsOfUndo = 0;
  await forEachStep(Math.max(initSteps, undoSteps), async (step) => {
    const project = await makeProject(device);
    const run = (args: readonly string[], env: Record<string, string> = {}) =>
      device.run(args, { cwd: project.folder, env });
    if (step <= initSteps) {
      const killed = await run(["init", "--yes"], killedAt(step));
      t.equal(killed.code, null, `init was killed at ${step}`);
      const found = await readEnv(project);
      t.ok(found === project.original || !found.includes(project.key), `${step}: nothing half-written`);
      t.same(unexpected(await besideEnv(project)), [], `${step}: no other file`);
    }
    const again = await run(["init", "--yes"]);
    t.equal(again.code, 0, `${step}: ${again.stderr}`);
    const done = await readEnv(project);
    t.match(done, /^# mine\r\nOPENAI_API_KEY="vpg_[A-Za-z0-9_-]{43}"\r\nB=2\r\n# VaultProof/);
    leftovers.push(...(await besideEnv(project)));
    if (step <= undoSteps) {
      const killed = await run(["init", "--undo", "--yes"], killedAt(step));
      t.equal(killed.code, null, `undo was killed at ${step}`);
      const found = await readEnv(project);
      t.ok(found === project.original || found === done, `${step}: nothing half-written by undo`);
      const drafts = await besideEnv(project);
      t.same(unexpected(drafts), [], `${step}: no other file by undo`);
      if (drafts.length > 0) {
        draftsOfUndo++;
        t.equal((await run(["init"])).code, 0, "nothing to do");
        t.same(await besideEnv(project), [], `${step}: the draft with the key is gone all the same`);
      }
    }
    await run(["init", "--undo", "--yes"]);
    t.equal(await readEnv(project), project.original, `undone after a kill at ${step}`);
    leftovers.push(...(await besideEnv(project)));
  });
  t.ok(draftsOfUndo > 0, "undo was killed with a draft on the disk");
  t.same(leftovers, [], "nothing is left beside the files");
  const { stdout } = await device.run(["keys", "list", "--all", "--json"]);
  const { keySlots } = JSON.parse(stdout) as { keySlots: { label: string; status: string }[] };
  const labels = keySlots.map(({ label }) => label);
  t.equal(new Set(labels).size, labels.length, "no key was stored twice");
  t.same([...new Set(keySlots.map(({ status }) => status))], ["revoked"], "and every slot was ended");
});
