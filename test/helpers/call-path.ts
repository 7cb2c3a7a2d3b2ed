import type { Prover, VaultProof, VaultProofApp } from "@vaultproof/sdk";
import type { Test } from "tap";
import { openProver } from "./proved-calls.js";
import { openApp, openVault, storeProviderKey } from "./sdk-clients.js";
import { startStack, type EdgeProcess, type ServerProcess, type Stack, type StackOptions } from "./stack.js";

/** The whole way of a call, from an app through edge and server, processes of their own, to a provider. */
export interface CallPath {
  readonly stack: Stack;
  readonly server: ServerProcess;
  readonly edge: EdgeProcess;
  /** Calls the stack's provider. */
  readonly app: VaultProofApp;
  readonly keySlotId: string;
  /** Of {@link app}. */
  readonly bundle: string;
  readonly vault: VaultProof;
  readonly prover: Prover;
  /** Stores the provider's key for another origin and gives an app that calls it. */
  appFor(baseUrl: string): Promise<VaultProofApp>;
}

/** Starts it all, on PostgreSQL where there is one; it ends with the test. */
export async function openCallPath(t: Test, options: Partial<StackOptions> = {}): Promise<CallPath> {
  const stack = await startStack(options);
  t.teardown(() => stack.close());
  const [server] = stack.servers;
  const [edge] = stack.edges;
  if (server === undefined || edge === undefined) throw new RangeError("a stack has one server at least");
  const vault = await openVault(t, stack);
  const prover = await openProver(stack.edgeUrl);
  t.teardown(() => prover.close());
  const open = async (baseUrl: string) => {
    const provider = { ...stack.provider, origin: baseUrl };
    const { keySlotId, bundles } = await storeProviderKey(vault, { provider });
    const bundle = bundles[0] ?? "";
    return { keySlotId, bundle, app: await openApp(t, { url: stack.edgeUrl, bundle, prover }) };
  };
  return {
    ...{ stack, server, edge, vault, prover },
    ...(await open(stack.provider.origin)),
    appFor: async (baseUrl) => (await open(baseUrl)).app,
  };
}
