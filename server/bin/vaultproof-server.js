#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);

// The command is committed, what it runs is compiled: say so instead of failing with a module that was not found.
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error("vaultproof-server: error: the server is not built yet\n  hint: run `npm run build` first");
  process.exitCode = 1;
}
