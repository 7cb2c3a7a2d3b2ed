import { fileURLToPath } from "node:url";
import { type InputMap, Noir } from "@noir-lang/noir_js";
import { compile, createFileManager } from "@noir-lang/noir_wasm";

/** A Noir program under `test/vectors/noir/`, compiled on the spot and executed without a proof. */
export interface NoirProgram {
  /** Runs it and returns what `main` returns: fields as `0x` hex strings. */
  execute(inputs: InputMap): Promise<unknown>;
}

/** Compiles the program in `test/vectors/noir/<name>`. */
export async function compileNoirProgram(name: string): Promise<NoirProgram> {
  const folder = fileURLToPath(new URL(`../../vectors/noir/${name}`, import.meta.url));
  const silent = (): void => undefined;
  const log = console.log;
  // noir_wasm writes to the console past the log functions it is given, into the middle of the tests' output.
  console.log = silent;
  try {
    const { program } = await compile(createFileManager(folder), undefined, silent, silent);
    const noir = new Noir(program);
    return { execute: async (inputs) => (await noir.execute(inputs)).returnValue };
  } finally {
    console.log = log;
  }
}
