// Builds the SDK's bundle and the page, which take seconds, unless what they are made of is what it was at the last time.
// Run after the compiler, whose output is part of it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { namesIn, PAGE } from "./page-files.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const INPUTS = [
  // Which packages are installed.
  "package-lock.json",
  ...["dashboard/index.html", "dashboard/vite.config.js", "dashboard/sdk-files.js", "dashboard/package.json"],
  ...["dashboard/public", "dashboard/scripts", "dashboard/src"],
  ...["client-sdk/package.json", "client-sdk/scripts", "client-sdk/dist/browser", "client-sdk/dist/src"],
  ...[
    "protocol/package.json",
    "protocol/dist",
    "circuits/package.json",
    "circuits/dist",
    "circuits/artifacts",
  ],
];
const BUNDLE = `${ROOT}client-sdk/dist/browser-bundle/manifest.json`;
/** In the folder that every build empties, under a name that is not served. */
const STAMP = `${PAGE}.made-of`;

const madeOf = await hashInputs();
if (!existsSync(BUNDLE) || (await readFile(STAMP, "utf8").catch(() => "")) !== madeOf) {
  for (const script of ["client-sdk/scripts/bundle-browser.mjs", "dashboard/scripts/build.mjs"]) {
    execFileSync(process.execPath, [ROOT + script], { cwd: ROOT, stdio: "inherit" });
  }
  await writeFile(STAMP, madeOf);
}

async function hashInputs() {
  const hash = createHash("sha256");
  for (const input of INPUTS) {
    const path = ROOT + input;
    const names = (await stat(path)).isDirectory() ? await namesIn(`${path}/`) : [""];
    for (const name of names.filter((name) => !name.endsWith(".tsbuildinfo"))) {
      const file = name === "" ? path : `${path}/${name}`;
      const contents = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
      hash.update(`${contents}  ${input}/${name}\n`);
    }
  }
  return hash.digest("hex");
}
