import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import { toBase64, toBase64Url } from "@vaultproof/protocol/encoding";
import { wellKnownSigningInput, type WellKnown } from "@vaultproof/protocol/well-known";
import type { ServerIdentity } from "../keys/identity.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import type { TransportKeys } from "../keys/transport-keys.js";

/** How long a document may be used, in seconds, and how much of that it has left at least when it is given out. */
const LIFETIME = 3600;
const LEAST_LEFT = 1800;

/** What the document says. */
export interface WellKnownSources {
  readonly identity: ServerIdentity;
  readonly storageKeys: StorageKeys;
  readonly transportKeys: Pick<TransportKeys, "published" | "refresh">;
  readonly manifest: CircuitManifest;
  /** Unix seconds. */
  readonly clock: () => number;
}

/** The signed document about this server, as bytes to send. */
export interface WellKnownDocument {
  current(): Promise<string>;
}

/**
 * `GET /.well-known/vaultproof`: signed once and kept until the transport keys change or it nears its end. Its
 * `notAfter` never lies behind that of the newest transport key, so that there is always a key to seal to in it.
 */
export function createWellKnownDocument(sources: WellKnownSources): WellKnownDocument {
  const { transportKeys, clock } = sources;
  let kept: { readonly text: string; readonly keys: string; readonly notAfter: number } | undefined;
  return {
    async current() {
      // Only when maintenance has failed for a day: better a late key than none.
      if (transportKeys.published().length === 0) await transportKeys.refresh();
      const keys = publishedKeys(transportKeys);
      const names = keys.map(({ publicKey }) => publicKey).join();
      const now = Math.floor(clock());
      if (kept?.keys !== names || kept.notAfter - now < Math.min(LEAST_LEFT, leftOf(keys, now))) {
        const notAfter = now + Math.min(LIFETIME, leftOf(keys, now));
        kept = { text: JSON.stringify(sign(sources, keys, notAfter)), keys: names, notAfter };
      }
      return kept.text;
    },
  };
}

function publishedKeys(transportKeys: Pick<TransportKeys, "published">): WellKnown["transportKeys"] {
  return transportKeys.published().map(({ publicKey, notAfter }) => ({
    publicKey: toBase64Url(publicKey),
    notAfter,
  }));
}

/** Seconds until the newest key may no longer be sealed to. */
function leftOf(keys: WellKnown["transportKeys"], now: number): number {
  return Math.max(0, ...keys.map(({ notAfter }) => notAfter - now));
}

function sign(
  { identity, storageKeys, manifest }: WellKnownSources,
  transportKeys: WellKnown["transportKeys"],
  notAfter: number,
): WellKnown {
  const { points, g1Sha256, g2Sha256 } = manifest.referenceString;
  const document = {
    identity: toBase64Url(identity.publicKey),
    storageKey: toBase64Url(storageKeys.current.publicKey),
    transportKeys,
    circuit: { program: manifest.programSha256, verificationKey: manifest.verificationKeySha256 },
    crs: { points, g1: g1Sha256, g2: g2Sha256 },
    notAfter,
  };
  return { ...document, signature: toBase64(identity.sign(wellKnownSigningInput(document))) };
}
