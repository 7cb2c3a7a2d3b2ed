import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserProver, BrowserProverOptions, ProvingProgress } from "@vaultproof/sdk/browser";
import type * as Sdk from "@vaultproof/sdk/browser";
import type { Page } from "playwright-core";
import { referenceStringFolder } from "./reference-string.js";

const PATH = "/.well-known/vaultproof/crs";
const G1_BYTES = 1025 * 64;

/** The reference string as a service has it, for a host that takes the place of one. */
export function referenceStringFiles(): Record<string, Uint8Array> {
  const read = (name: string): Uint8Array => readFileSync(join(referenceStringFolder, name));
  return {
    [`${PATH}/g1`]: read("bn254_g1.dat").subarray(0, G1_BYTES),
    [`${PATH}/g2`]: read("bn254_g2.dat").subarray(0, 128),
  };
}

/** What the tests keep in the page between two looks. */
export interface PageState {
  sdk: typeof Sdk;
  prover: BrowserProver;
  progress: ProvingProgress[];
}

/** Opens a prover in the page, which keeps it and what it reported. */
export async function openPageProver(
  page: Page,
  options: Partial<Pick<BrowserProverOptions, "service" | "threads" | "lanes">> = {},
): Promise<{ readonly threads: number }> {
  return page.evaluate(async (given) => {
    const state = globalThis as unknown as PageState;
    state.progress = [];
    state.prover = await state.sdk.createBrowserProver({
      service: (globalThis as unknown as { origin: string }).origin,
      ...given,
      onProgress: (one) => state.progress.push(one),
    });
    return { threads: state.prover.threads };
  }, options);
}
