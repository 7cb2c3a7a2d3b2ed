import {
  createBrowserProver,
  VaultProofApp,
  VaultProofError,
  type BrowserProver,
  type DeveloperVault,
  type Keystore,
  type ProvingProgress,
  type VaultProofEvent,
} from "@vaultproof/sdk/browser";

/** What a screen may watch: requests as they leave, proofs, and what the prover is doing. */
export type SessionEvent = VaultProofEvent | ({ readonly type: "progress" } & ProvingProgress);

/** What the page has of one service while it is open. All screens share it. */
export interface Session {
  readonly keystore: Keystore;
  /** Origin of the service, which is this page's own. */
  readonly url: string;
  /** The developer's client, opened once an unlocking. @throws VaultProofError */
  vault(): Promise<DeveloperVault>;
  /**
   * Opens the client for the first time: with the server's identity that a person compared, which is remembered from
   * then on, and with an invite where registration asks for one.
   *
   * @throws VaultProofError
   */
  connect(first: {
    readonly serverIdentity: string;
    readonly inviteToken?: string | undefined;
  }): Promise<DeveloperVault>;
  /**
   * A client for an app whose bundle this browser keeps; all share one prover.
   *
   * @throws VaultProofError `state-missing` where it keeps none.
   */
  app(keySlotId: string, appId: string): Promise<VaultProofApp>;
  /** Loads and starts the prover, so that the first call need not wait for it. */
  prover(): Promise<BrowserProver>;
  /** Shows a listener everything from now on; returns what ends it. */
  observe(listener: (event: SessionEvent) => void): () => void;
}

/** Ties keystore, clients and prover together; what was opened is dropped when the keystore is locked. */
export function createSession({
  keystore,
  url,
}: {
  readonly keystore: Keystore;
  readonly url: string;
}): Session {
  const listeners = new Set<(event: SessionEvent) => void>();
  const observe = (event: SessionEvent): void => {
    for (const listener of listeners) listener(event);
  };
  let vault: Promise<DeveloperVault> | undefined;
  let prover: Promise<BrowserProver> | undefined;
  const apps = new Map<string, OpenApp>();

  keystore.subscribe(() => {
    if (keystore.isUnlocked()) return;
    vault = undefined;
    for (const { client } of apps.values()) endQuietly(client);
    apps.clear();
    // The memory of its workers holds what the last proof was made of: the secrets of slot and app.
    if (prover !== undefined) endQuietly(prover);
    prover = undefined;
  });

  /** One that could not be opened is not kept. */
  const held = async (opened: Promise<DeveloperVault>): Promise<DeveloperVault> => {
    try {
      return await opened;
    } catch (error) {
      if (vault === opened) vault = undefined;
      throw error;
    }
  };

  const openProver = async (): Promise<BrowserProver> => {
    const opened = (prover ??= createBrowserProver({
      service: url,
      onProgress: (progress) => observe({ type: "progress", ...progress }),
    }));
    try {
      return await opened;
    } catch (error) {
      // What failed once, offline perhaps, is to be tried again.
      if (prover === opened) prover = undefined;
      throw error;
    }
  };

  const keptBundle = async (keySlotId: string, appId: string): Promise<string> => {
    const kept = await keystore.listBundles();
    const found = kept.find((one) => one.keySlotId === keySlotId && one.appId === appId);
    if (found === undefined)
      throw new VaultProofError("state-missing", `this browser has no bundle of ${appId}`);
    return found.bundle;
  };

  return {
    keystore,
    url,
    vault: () => held((vault ??= keystore.openVault({ url, observe }))),
    connect: (first) => held((vault = keystore.openVault({ url, observe, ...first }))),
    async app(keySlotId, appId) {
      const name = `${keySlotId} ${appId}`;
      const bundle = await keptBundle(keySlotId, appId);
      const before = apps.get(name);
      // A rotation or another grant has put a new bundle in the place of the one that this client calls with.
      if (before !== undefined && before.bundle !== bundle) endQuietly(before.client);
      const opened =
        before?.bundle === bundle
          ? before
          : {
              bundle,
              client: openProver().then((prover) => VaultProofApp.open({ url, bundle, prover, observe })),
            };
      apps.set(name, opened);
      try {
        return await opened.client;
      } catch (error) {
        if (apps.get(name) === opened) apps.delete(name);
        throw error;
      }
    },
    prover: openProver,
    observe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A client and what it was opened with. */
interface OpenApp {
  readonly bundle: string;
  readonly client: Promise<VaultProofApp>;
}

function endQuietly(opening: Promise<{ close(): Promise<void> }>): void {
  opening.then((open) => open.close()).catch(() => undefined);
}
