import { gunzipSync } from "node:zlib";
import { compile, createFileManager } from "@noir-lang/noir_wasm";
import type { CompiledProgram } from "../src/key-auth-program.js";

/** What noir_js needs of a compiled circuit, without the parts that name files of the machine that compiled it. */
export type PortableProgram = Omit<CompiledProgram, "debug_symbols" | "file_map">;

/**
 * Compiles the Noir package in a folder.
 *
 * @param folder - absolute path of the folder that holds `Nargo.toml`
 * @returns the same value on every machine for the same source and compiler
 * @throws Error with the compiler's messages, or if the compiler warns
 */
export async function compileProgram(folder: string): Promise<PortableProgram> {
  const { program, warnings } = await withSilentConsole(() =>
    compile(createFileManager(folder), undefined, discard, discard),
  );
  if (warnings.length > 0) throw new Error(`The compiler warns: ${JSON.stringify(warnings, null, 2)}`);
  const { noir_version, hash, abi, bytecode } = program;
  return { noir_version, hash: String(hash), abi: abi as unknown as PortableProgram["abi"], bytecode };
}

/** The ACIR of a program as bb.js takes it. */
export function acirOf(program: PortableProgram): Uint8Array {
  return gunzipSync(Buffer.from(program.bytecode, "base64"));
}

/** noir_wasm announces the absolute path that it compiles on the console, past the log functions it is given. */
async function withSilentConsole<T>(run: () => Promise<T>): Promise<T> {
  const log = console.log;
  console.log = discard;
  try {
    return await run();
  } finally {
    console.log = log;
  }
}

function discard(): void {
  // nothing is wanted of it
}
