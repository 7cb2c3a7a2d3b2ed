#!/usr/bin/env node
import { existsSync } from "node:fs";

// In a checkout what is compiled there, in the package what was packed.
const mains = ["../dist/main.js", "../dist/packed/lib/main.js"].map((path) => new URL(path, import.meta.url));
const main = mains.find((url) => existsSync(url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `vaultproof: error: Node ${process.versions.node} is too old\n  hint: install Node 20.19 or later`,
  );
  process.exitCode = 1;
} else if (main === undefined) {
  // The command is committed, what it runs is compiled: say so instead of failing with a module that was not found.
  console.error("vaultproof: error: the command is not built yet\n  hint: run `npm run build` first");
  process.exitCode = 1;
} else {
  const { run } = await import(main.href);
  await run(process.argv, process.env);
}
