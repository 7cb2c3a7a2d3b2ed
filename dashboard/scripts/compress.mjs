import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { namesIn, PAGE } from "./page-files.mjs";

const CODINGS = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};
/** Below this nothing is won: head and body go out in one packet as it is. */
const MIN_SAVED_BYTES = 256;

/**
 * Compresses the page's files ahead, `name.br` and `name.gz` beside `name`: as small as can be, once, instead of at each
 * request. The edge serves them under the file's own name to whoever takes them.
 */
export async function compressPage() {
  // What is compressed already, the SDK's WebAssembly above all, stays as it is.
  const names = (await namesIn(PAGE)).filter((name) => !/\.(?:br|gz|png|woff2)$/.test(name));
  await Promise.all(names.map(compressFile));
}

async function compressFile(name) {
  const bytes = await readFile(PAGE + name);
  for (const [ending, compress] of Object.entries(CODINGS)) {
    const compressed = await compress(bytes);
    if (compressed.length + MIN_SAVED_BYTES <= bytes.length)
      await writeFile(`${PAGE}${name}.${ending}`, compressed);
  }
}
