import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { startChild } from "../helpers/child-process.js";
import {
  findReferenceString,
  noReferenceString,
  referenceStringFolder,
} from "../helpers/reference-string.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;
const run = promisify(execFile);
const skip = findReferenceString() === undefined ? noReferenceString : false;

t.setTimeout(900_000);

void t.test("packed, it installs in an empty folder and runs by itself", { skip }, async (t) => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "vaultproof-packed-")));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const { PATH = "", HOME = "" } = process.env;
  // What npm tells a script of the checkout would send this npm there.
  const env = { PATH, HOME, CRS_PATH: referenceStringFolder };
  await run("npm", ["pack", "--silent", "-w", "cli", "--pack-destination", root], { cwd: ROOT, env });
  const [tarball = ""] = await readdir(root);
  const app = join(root, "app");
  await mkdir(app);
  await writeFile(join(app, "package.json"), '{"private":true}\n');
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    await run("npm", ["install", join(root, tarball), ...flags], { cwd: app, env });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    if (!NO_NETWORK.test(stderr)) throw error;
    t.comment(stderr);
    t.pass("skipped: the registry cannot be reached, and the cache does not hold everything");
    return;
  }
  t.notOk((await readdir(join(app, "node_modules"))).includes("@vaultproof"), "nothing of ours beside it");
  const { stdout } = await run("npx", ["--no-install", "vaultproof", "--version"], { cwd: app, env });
  t.match(stdout, /^\d+\.\d+\.\d+\n$/);
  const demo = spawn("npx", ["--no-install", "vaultproof", "demo"], {
    cwd: app,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => demo.kill("SIGKILL"));
  let output = "";
  for (const stream of [demo.stdout, demo.stderr]) stream.on("data", (text) => (output += String(text)));
  const [code] = (await once(demo, "close")) as [number | null];
  t.equal(code, 0, output);
  t.match(output, /✓ all \d+ checks came out as they must/);
  await t.test("its page is at /", async (t) => {
    const up = startChild(join(app, "node_modules/vaultproof/bin/vaultproof.js"), {
      args: ["up"],
      env: { DATA_DIR: join(root, "data"), EDGE_PORT: "0", SERVER_PORT: "0", OPS_PORT: "0" },
    });
    t.teardown(() => up.stop());
    const [, url = ""] = await up.waitFor(/^ +page +(http:\S+\/) /m);
    const answer = await fetch(url);
    t.match(await answer.text(), "<title>VaultProof</title>");
    t.match(answer.headers.get("content-security-policy"), "default-src 'none'");
    const list = await (await fetch(`${url}sha256sums.txt`)).text();
    t.equal(list, await readFile(join(ROOT, "dashboard/dist/page/sha256sums.txt"), "utf8"), "whole");
    for (const [, name = ""] of list.matchAll(/^\S+ {2}(\S+)$/gm)) {
      t.equal((await fetch(url + name)).status, 200, name);
    }
  });
  const doctor = await run("npx", ["--no-install", "vaultproof", "doctor", "--json"], {
    cwd: app,
    env: { ...env, VAULTPROOF_CONFIG_DIR: join(root, "config") },
  }).catch((error: unknown) => error as { stdout: string });
  t.match(JSON.parse(doctor.stdout), { findings: [{ check: "Node", state: "ok" }] });
});
