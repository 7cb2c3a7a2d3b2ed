/** A file of WebAssembly beside the bundle, gzipped, so that any static host sends it small. */
export interface WasmFile {
  readonly url: string;
  /** Bytes on the way. */
  readonly zippedBytes: number;
  /** Bytes unzipped. */
  readonly bytes: number;
}

/** The files that proving needs besides the bundle's own chunks. */
export interface BundleFiles {
  readonly proverWorker: string;
  readonly threadWorker: string;
  /** bb, which says in its own bytes whether its memory is shared; so there are two. */
  readonly barretenberg: WasmFile;
  readonly barretenbergThreads: WasmFile;
  readonly acvm: WasmFile;
  readonly noircAbi: WasmFile;
}

/**
 * Where these files lie. `scripts/bundle-browser.mjs` puts a module in this one's place, in which each is a literal
 * `new URL("./…", import.meta.url)` under its hashed name: the one form that every bundler understands, and that works
 * without any.
 */
export const bundleFiles: BundleFiles | undefined = undefined;
