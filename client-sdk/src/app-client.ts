import { manifest } from "@vaultproof/circuits/manifest";
import { BundleError, parseBundle, type AppBundle } from "@vaultproof/protocol/bundle";
import { FieldEncodingError } from "@vaultproof/protocol/field";
import { appLeaf } from "@vaultproof/protocol/statement";
import { createAppPaths } from "./app-path.js";
import { createCallerIdentity, type CallerIdentity, type CallerIdentityOptions } from "./caller-identity.js";
import { fetchSignal, readOutgoingCall } from "./outgoing-call.js";
import type { Prover } from "./prover.js";
import { redact } from "./redacted.js";
import { VaultProofError } from "./sdk-error.js";
import { sendCall } from "./send-call.js";
import { fetchServerDocument } from "./server-document.js";
import { createServerDocuments } from "./server-documents.js";
import { createServiceConnection, type Observer, type ServiceConnection } from "./service-connection.js";

/** What an app client is opened with, whatever the platform. */
export interface AppOptions extends CallerIdentityOptions {
  /** Origin of the service; `https://`, or `http://` on loopback. */
  readonly url: string | URL;
  /** `vpb_…`, a bearer secret. */
  readonly bundle: string;
  /** Sees each request as it is sent, and what proving took. */
  readonly observe?: Observer | undefined;
}

/** What the platform supplies. */
export interface AppPlatform {
  readonly fetch: typeof fetch;
  /** Makes the prover; called once the server is known to be the right one. */
  readonly openProver: (service: { readonly origin: string }) => Promise<Prover>;
  /** Milliseconds; the device's clock when left out. */
  readonly localNow?: (() => number) | undefined;
}

/** An app's client for one slot. */
export interface AppClient {
  readonly appId: string;
  readonly keySlotId: string;
  /** The one origin that this app's calls go to. */
  readonly providerOrigin: string;
  /**
   * `fetch` for the slot's provider, with a fresh proof a call. Bound: may be passed on as a fetch.
   *
   * @param input a path, or an absolute URL on the provider's origin.
   * @returns the provider's answer, streaming; a refusal of VaultProof's is a Response with `vp-source: vaultproof`.
   *   Once the app or its slot is revoked, a client that called before is refused with 403 `Invalid ZK proof`. From then
   *   on, and for a client opened after the revocation from the first call, there is no path to prove with any more:
   *   the answer is the 404 `Not found` of the path's route, and nothing is sent. Take both for a revocation.
   * @throws TypeError for another origin and when the network fails, the signal's reason, and VaultProofError when an
   *   answer was tampered with, no proof could be made, or the access token that it is to carry could not be had.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Sends this access token from the next call on.
   *
   * @throws VaultProofError `invalid-argument`
   */
  setAccessToken(accessToken: string): void;
  /** Ends the prover, and the renewal of tokens. A script that does not call it ends all the same. */
  close(): Promise<void>;
}

/**
 * Opens an app client: checks that the server is the one that the bundle names, and readies the prover.
 *
 * @throws VaultProofError
 */
export async function openAppClient(options: AppOptions, platform: AppPlatform): Promise<AppClient> {
  const bundle = readBundle(options.bundle);
  const connection = createServiceConnection({
    url: options.url,
    fetch: platform.fetch,
    observe: options.observe,
    localNow: platform.localNow,
  });
  const identity = createCallerIdentity(options, connection.clock);
  try {
    return await openWith({ bundle, connection, identity }, platform);
  } catch (error) {
    identity.close();
    throw error;
  }
}

async function openWith(
  parts: {
    readonly bundle: AppBundle;
    readonly connection: ServiceConnection;
    readonly identity: CallerIdentity;
  },
  platform: AppPlatform,
): Promise<AppClient> {
  const { bundle, connection, identity } = parts;
  const first = await fetchServerDocument({ connection, manifest, pin: bundle.serverIdentity }).catch(
    (cause: unknown) => {
      if (!(cause instanceof TypeError)) throw cause;
      throw new VaultProofError("unreachable", `${connection.origin} gave no answer`, { cause });
    },
  );
  const prover = await platform.openProver({ origin: connection.origin });
  const sender = {
    identity,
    connection,
    bundle,
    prover,
    documents: createServerDocuments({ connection, manifest, first }),
    paths: createAppPaths({
      connection,
      slotId: bundle.slotId,
      leaf: appLeaf(bundle.appId, bundle.appSecret),
    }),
  };
  const { appId, slotId: keySlotId, providerOrigin } = bundle;
  let closed = false;
  const app: AppClient = {
    appId,
    keySlotId,
    providerOrigin,
    fetch: async (input, init) => {
      if (closed) throw new VaultProofError("closed", "open another one");
      const signal = fetchSignal(input, init);
      const call = await readOutgoingCall(input, init, { providerOrigin, signal });
      return sendCall(sender, call, signal);
    },
    setAccessToken: (accessToken) => identity.setAccessToken(accessToken),
    close: async () => {
      closed = true;
      identity.close();
      await prover.close();
    },
  };
  redact(app, "VaultProofApp", () => ({ url: connection.origin, appId, keySlotId, providerOrigin }));
  return app;
}

function readBundle(text: unknown): AppBundle {
  // As a variable of the environment that is not set would be.
  if (typeof text !== "string")
    throw new VaultProofError("invalid-argument", "bundle is text that begins with vpb_");
  try {
    return parseBundle(text);
  } catch (cause) {
    if (!(
      cause instanceof BundleError ||
      cause instanceof FieldEncodingError ||
      cause instanceof TypeError
    )) {
      throw cause;
    }
    throw new VaultProofError("invalid-argument", cause.message);
  }
}
