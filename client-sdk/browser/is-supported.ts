/** Whether this browser can do what the SDK needs, and what it lacks. */
export interface Support {
  readonly supported: boolean;
  /** A sentence for each thing that is missing, for a person; empty where nothing is. */
  readonly reasons: readonly string[];
}

/** What needs it: making calls with proofs, or also keeping keys in this browser. */
type Need = "proofs" | "keystore";

interface Requirement {
  readonly need: Need;
  readonly reason: string;
  isMet(): boolean;
}

/** Uses what bb and acvm were compiled with: multiple values, sign extension, saturating conversion, bulk memory, references. */
const MODERN_WASM = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 0, 2, 127, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1],
  ...[10, 26, 1, 24, 0, 208, 112, 26, 65, 0, 65, 0, 65, 0, 252, 11, 0, 65, 0, 192],
  ...[67, 0, 0, 0, 0, 252, 0, 11],
);
/** Puts a vector on the stack, which the bb with threads does too. */
const SIMD_WASM = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);
const EMPTY_WASM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

const has = (name: string): boolean => (globalThis as Record<string, unknown>)[name] != null;

const REQUIREMENTS: readonly Requirement[] = [
  {
    need: "proofs",
    reason: "The page is not a secure context: open it by https://, or from localhost.",
    isMet: () => globalThis.isSecureContext,
  },
  {
    need: "proofs",
    reason: "Web Crypto (crypto.subtle) is missing.",
    // Browsers take it from pages that are not secure, which is said above.
    isMet: () =>
      !globalThis.isSecureContext || (globalThis.crypto as Partial<Crypto> | undefined)?.subtle != null,
  },
  { need: "proofs", reason: "WebAssembly is missing or switched off.", isMet: () => has("WebAssembly") },
  {
    need: "proofs",
    reason: "This browser's WebAssembly is too old: it lacks bulk memory, references or multiple values.",
    isMet: () => !has("WebAssembly") || WebAssembly.validate(MODERN_WASM),
  },
  {
    need: "proofs",
    reason: "This browser shares memory with workers, and its WebAssembly lacks SIMD, which is needed then.",
    isMet: () => !has("WebAssembly") || !mayUseThreads() || WebAssembly.validate(SIMD_WASM),
  },
  {
    need: "proofs",
    reason: "The page's Content-Security-Policy forbids WebAssembly: script-src needs 'wasm-unsafe-eval'.",
    isMet: () => !has("WebAssembly") || mayCompile(),
  },
  { need: "proofs", reason: "Workers are missing.", isMet: () => has("Worker") },
  {
    need: "proofs",
    reason: "Workers cannot be modules in this browser.",
    isMet: () => !has("Worker") || hasModuleWorkers(),
  },
  { need: "proofs", reason: "DecompressionStream is missing.", isMet: () => has("DecompressionStream") },
  { need: "keystore", reason: "IndexedDB is missing or switched off.", isMet: () => has("indexedDB") },
  { need: "keystore", reason: "BroadcastChannel is missing.", isMet: () => has("BroadcastChannel") },
  {
    need: "keystore",
    reason: "Web Locks (navigator.locks) are missing.",
    isMet: () => !globalThis.isSecureContext || (navigator as Partial<Navigator>).locks != null,
  },
];

/**
 * Says what this browser lacks, before anything fails for the lack of it. Loads nothing and asks nobody.
 *
 * @param options.keystore false for a page that makes calls and keeps no keys.
 */
export function isSupported({ keystore = true }: { readonly keystore?: boolean } = {}): Support {
  const reasons = REQUIREMENTS.filter(({ need }) => keystore || need === "proofs")
    .filter((requirement) => !requirement.isMet())
    .map(({ reason }) => reason);
  return { supported: reasons.length === 0, reasons };
}

/** Whether a proof may have threads: as bb.js decides it, which then shares its memory with them. */
export function mayUseThreads(): boolean {
  return globalThis.crossOriginIsolated && has("SharedArrayBuffer");
}

function mayCompile(): boolean {
  try {
    return new WebAssembly.Module(EMPTY_WASM) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/** Whether a worker's type is read at all. The URL cannot be parsed, so that nothing is started or asked for. */
function hasModuleWorkers(): boolean {
  let isRead = false;
  try {
    new Worker("https://:", {
      get type(): WorkerType {
        isRead = true;
        return "module";
      },
    }).terminate();
  } catch {
    // As intended.
  }
  return isRead;
}
