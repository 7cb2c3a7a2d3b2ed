import { generatedProgramJson } from "./generated/key-auth-program.js";

type AbiType = { kind: "field" } | { kind: "array"; length: number; type: AbiType };

/**
 * The compiled circuit, in the shape in which noir_js takes one. Declared here, so that this package depends on
 * nothing; mutable, because noir_js declares its parameter so.
 */
export interface CompiledProgram {
  noir_version: string;
  hash: string;
  abi: {
    parameters: { name: string; type: AbiType; visibility: "public" | "private" }[];
    return_type: null;
    /** By selector: what noir_js says when an assertion fails. */
    error_types: Record<string, { error_kind: "string"; string: string }>;
  };
  /** Base64 of the gzipped ACIR. */
  bytecode: string;
  debug_symbols: string;
  file_map: Record<number, never>;
}

/** The exact text of `artifacts/key_auth.json`, whose digest the manifest holds. */
export const keyAuthProgramJson = generatedProgramJson;

/**
 * The compiled `key_auth`, for noir_js (witness) and bb.js (proof). Only a prover needs it: verifying takes the
 * verification key alone. Carries no debug information, which would hold paths of the machine that built it.
 */
export const keyAuthProgram: CompiledProgram = {
  ...(JSON.parse(keyAuthProgramJson) as Omit<CompiledProgram, "debug_symbols" | "file_map">),
  debug_symbols: "",
  file_map: {},
};
