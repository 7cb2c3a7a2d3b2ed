import { type Prover, VaultProofApp } from "@vaultproof/sdk";
import type { ProjectSlot } from "../projects/project.js";

/** The open clients of the apps that the gateway calls for. */
export interface AppClients {
  /** The client of a slot's app, opened with its first call. @throws VaultProofError */
  open(slot: ProjectSlot): Promise<VaultProofApp>;
  /** Lets go of clients whose slot is not among these. */
  keepOnly(slots: readonly ProjectSlot[]): void;
}

/** Opens clients that share one prover and one pool of connections. */
export function createAppClients(options: {
  readonly prover: Prover;
  readonly fetch: typeof fetch;
}): AppClients {
  const clients = new Map<string, Promise<VaultProofApp>>();
  const keyOf = ({ url, bundle }: ProjectSlot): string => `${url} ${bundle}`;
  return {
    open: async (slot) => {
      const key = keyOf(slot);
      const known = clients.get(key);
      if (known !== undefined) return await known;
      const opening = VaultProofApp.open({ url: slot.url, bundle: slot.bundle, ...options });
      clients.set(key, opening);
      try {
        return await opening;
      } catch (error) {
        // The service may be back for the next call.
        if (clients.get(key) === opening) clients.delete(key);
        throw error;
      }
    },
    keepOnly(slots) {
      const kept = new Set(slots.map(keyOf));
      // Not closed: a call that is under way may end, and the prover is not theirs.
      for (const key of clients.keys()) if (!kept.has(key)) clients.delete(key);
    },
  };
}
