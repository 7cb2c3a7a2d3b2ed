import { openAppClient, type AppClient, type AppOptions } from "../src/app-client.js";
import type { Prover } from "../src/prover.js";
import { createBrowserProver, type BrowserProverOptions } from "./browser-prover.js";
import { joinWarmProver } from "./warm-up.js";

/** What `VaultProofApp.open` takes in a browser. */
export interface VaultProofAppOptions extends AppOptions {
  /**
   * A prover that several clients share; `close()` leaves it open. Left out: the one that `warmUp` has loaded for this
   * service, or one of this client's own.
   */
  readonly prover?: Prover | undefined;
  /** How this client's own prover is made. */
  readonly proving?: Omit<BrowserProverOptions, "service"> | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** The app's side. */
export type VaultProofApp = AppClient;

/** The app's side: a fetch for the slot's provider. */
export const VaultProofApp = {
  /**
   * Opens an app client: checks that the server is the one that the bundle names, readies the prover.
   *
   * @throws VaultProofError
   */
  open: ({ prover, proving, fetch, ...options }: VaultProofAppOptions): Promise<VaultProofApp> =>
    openAppClient(options, {
      // A browser's fetch insists on being called on its window.
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      openProver: async ({ origin }) => {
        if (prover !== undefined) return { prove: prover.prove.bind(prover), close: () => Promise.resolve() };
        return (
          (await joinWarmProver(origin, proving ?? {})) ??
          createBrowserProver({ ...proving, service: origin })
        );
      },
    }),
} as const;
