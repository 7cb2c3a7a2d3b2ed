// Builds the page, compresses its files and lists their hashes.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { compressPage } from "./compress.mjs";
import { listHashes } from "./list-hashes.mjs";

await build({ root: fileURLToPath(new URL("../", import.meta.url)), logLevel: "warn" });
await compressPage();
await listHashes();
