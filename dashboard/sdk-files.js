import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the page's modules import. */
const IMPORTED = ["@vaultproof/sdk/browser", "@vaultproof/sdk"];

/**
 * A Vite plugin that puts the SDK's bundle into the page's folder as it was shipped, and has the page import it from
 * there: what the page runs is what every other user of the SDK runs, byte for byte. Its folder carries a hash, so that
 * all of it may be cached for good.
 *
 * @returns {import("vite").Plugin}
 */
export function sdkFiles() {
  const folder = dirname(fileURLToPath(import.meta.resolve("@vaultproof/sdk/browser-bundle/manifest.json")));
  const files = readdirSync(folder)
    .sort()
    .map((name) => ({ name, source: readFileSync(join(folder, name)) }));
  const hash = createHash("sha256");
  for (const { name, source } of files) hash.update(name).update("\0").update(source);
  const place = `sdk/${hash.digest("hex").slice(0, 12)}`;
  return {
    name: "vaultproof-sdk-files",
    apply: "build",
    enforce: "pre",
    resolveId: (id) =>
      IMPORTED.includes(id) ? { id: `/${place}/vaultproof.js`, external: "absolute" } : undefined,
    generateBundle() {
      for (const { name, source } of files) {
        this.emitFile({ type: "asset", fileName: `${place}/${name}`, source });
      }
    },
  };
}
