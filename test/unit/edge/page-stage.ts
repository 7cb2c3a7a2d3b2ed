import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Test } from "tap";
import { startEdgeWithBackend, type EdgeWithBackend } from "./edge-with-backend.js";

export const INDEX = "<!doctype html><title>the page</title>";
/** Long enough for several pieces of an answer. */
export const SCRIPT = `console.log(${JSON.stringify("a line of the page ".repeat(20_000))});\n`;
export const SCRIPT_PATH = "/assets/index-CeTRkxaN.js";
/** Lies beside the page's folder, and inside it under names that are not served. */
export const CANARY = "canary-outside-the-page";

/** A folder with a page of each kind of file, and files around it that must not be seen. */
export async function makePage(
  t: Test,
  more: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "vaultproof-page-"));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const files: Record<string, string | Uint8Array> = {
    "page/index.html": INDEX,
    "page/icon.svg": "<svg/>",
    [`page${SCRIPT_PATH}`]: SCRIPT,
    [`page${SCRIPT_PATH}.br`]: brotliCompressSync(SCRIPT),
    [`page${SCRIPT_PATH}.gz`]: gzipSync(SCRIPT),
    "page/assets/plain.css": "body{}",
    "page/sdk/0123456789abcdef/prover.wasm": Buffer.from("0061736d01000000", "hex"),
    "page/sdk/0123456789abcdef/threads.wasm.gz": gzipSync("wasm"),
    "page/unknown.kind": "bytes",
    "page/.env": CANARY,
    "page/.git/config": CANARY,
    "page/.well-known/vaultproof": CANARY,
    "page-beside/index.html": CANARY,
    "secret.txt": CANARY,
    ...Object.fromEntries(Object.entries(more).map(([name, bytes]) => [`page/${name}`, bytes])),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), bytes);
  }
  return join(root, "page");
}

/** A real edge that serves such a page before a backend that says `from the backend` and records what it gets. */
export async function startEdgeWithPage(
  t: Test,
  overrides: Parameters<typeof startEdgeWithBackend>[0] = {},
): Promise<EdgeWithBackend & { readonly folder: string }> {
  const folder = await makePage(t);
  const stack = await startEdgeWithBackend({ dashboardDir: folder, ...overrides }, (_, response) => {
    response.writeHead(404, { "vp-source": "vaultproof" }).end("from the backend");
  });
  t.teardown(() => stack.close());
  return { ...stack, folder };
}
