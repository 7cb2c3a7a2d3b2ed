import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { sdkFiles } from "./sdk-files.js";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** The page: one folder of files that any static host can serve, `dist/page`. */
export default defineConfig({
  plugins: [sdkFiles()],
  define: { __PAGE_VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist/page",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // Everything is a file of its own: the policy of the page allows no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
