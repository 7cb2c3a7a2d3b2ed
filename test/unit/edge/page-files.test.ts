import { symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { ConfigError, startEdge } from "@vaultproof/edge/node";
import { CANARY, makePage } from "./page-stage.js";

const SECRETS = { EDGE_SECRETS: `one:${Buffer.alloc(32, 7).toString("base64")}`, EDGE_PORT: "0" };

/** What a start with this folder ends in. */
async function startWith(folder: string): Promise<string> {
  try {
    const edge = await startEdge({ ...SECRETS, DASHBOARD_DIR: folder });
    const answer = await fetch(edge.url);
    await edge.close();
    return `started, and / is ${answer.status}`;
  } catch (error) {
    return error instanceof ConfigError ? error.message : `not a ConfigError: ${String(error)}`;
  }
}

void t.test("a folder with a page is served; off and nothing mean none", async (t) => {
  t.equal(await startWith(await makePage(t)), "started, and / is 200");
  // Nothing listens at BACKEND_URL, which is what such an edge then says.
  t.equal(await startWith("off"), "started, and / is 502");
  t.equal(await startWith(""), "started, and / is 502");
});

void t.test("a folder that is no page is an error that names the variable", async (t) => {
  const folder = await makePage(t);
  const problem = /^DASHBOARD_DIR must be the folder of a built page: /;
  t.match(await startWith(join(folder, "missing")), problem);
  t.match(await startWith(join(folder, "icon.svg")), problem);
  t.match(await startWith(join(folder, "assets")), /^DASHBOARD_DIR .* it has no index\.html$/);
});

void t.test("a link is refused, wherever it leads", async (t) => {
  for (const [target, name] of [
    ["../secret.txt", "leak.txt"],
    ["../../secret.txt", "assets/index-CeTRkxaN.css.br"],
    ["..", "up"],
    ["index.html", "inside.html"],
  ] as const) {
    const folder = await makePage(t);
    await symlink(target, join(folder, name));
    const message = await startWith(folder);
    t.match(message, /^DASHBOARD_DIR .* is neither a file nor a folder$/, `${name} -> ${target}`);
    t.notMatch(message, CANARY);
  }
});

void t.test("a file that would hide a path of the API is refused", async (t) => {
  for (const name of ["health", "api/v1/keys", "internal/health", "playground/direct-access"]) {
    t.match(
      await startWith(await makePage(t, { [name]: "{}" })),
      /^DASHBOARD_DIR .* a path of the API$/,
      name,
    );
  }
  t.equal(await startWith(await makePage(t, { "apidocs.html": "" })), "started, and / is 200");
});

void t.test("a folder that was not meant does not fill the memory", async (t) => {
  const folder = await makePage(t);
  await writeFile(join(folder, "disk.img"), "");
  await truncate(join(folder, "disk.img"), 200 * 1024 * 1024);
  t.match(await startWith(folder), /^DASHBOARD_DIR .* it holds more than 134217728 bytes$/);
});
