import type { Environment } from "./environment.js";
import type { Output } from "./output.js";

/** Names `work` while it runs. */
export type Progress = <T>(what: string, work: () => Promise<T>) => Promise<T>;

const ERASE_LINE = "\r\u001b[2K";

/** A line that goes when the work ends; nothing where `output`, which is standard error, is not a terminal. */
export function createProgress(output: Output, env: Environment): Progress {
  const shown = output.isTTY === true && env.TERM !== "dumb";
  return async (what, work) => {
    if (shown) output.write(`  … ${what}`);
    try {
      return await work();
    } finally {
      if (shown) output.write(ERASE_LINE);
    }
  };
}
