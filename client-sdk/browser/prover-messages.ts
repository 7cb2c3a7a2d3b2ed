import type { CallWitness } from "../src/prover.js";
import type { WasmFile } from "./bundle-files.js";

/** What a prover's worker is started with. */
export interface ProverStart {
  /** More than one only where memory may be shared. */
  readonly threads: number;
  readonly barretenberg: WasmFile;
  readonly acvm: WasmFile;
  readonly noircAbi: WasmFile;
  /** URL of the script of bb's own threads. */
  readonly threadWorker: string;
  /** The checked prefix of the ceremony's string. */
  readonly g1: Uint8Array;
  readonly g2: Uint8Array;
  readonly points: number;
  /** A lock that the worker holds while it lives: browsers tell nobody when a worker ends. */
  readonly lifeLock: string;
}

/** What the page says to the worker: once how to start, then one witness at a time. */
export type ProverRequest = { readonly start: ProverStart } | { readonly witness: CallWitness };

/** What the worker says. */
export type ProverReport =
  | { readonly step: "download"; readonly loaded: number; readonly total: number }
  | { readonly step: "initialise" | "witness" | "prove" }
  | { readonly ready: true }
  | { readonly proof: Uint8Array }
  | { readonly failure: string };
