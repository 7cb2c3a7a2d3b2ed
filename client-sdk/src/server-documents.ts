import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import { fetchServerDocument, type ServerDocument } from "./server-document.js";
import type { ServiceConnection } from "./service-connection.js";

/** The signed document of one pinned server, kept while it is good. */
export interface ServerDocuments {
  readonly fingerprint: string;
  /** The document, fetched again once it, or what it lists, no longer lasts until `neededUntil` (Unix seconds). */
  current(neededUntil?: number): Promise<ServerDocument>;
  /** The document, fetched now. */
  refetch(): Promise<ServerDocument>;
}

/** Keeps `first`, and whatever is fetched after it, pinned to the identity of `first`. */
export function createServerDocuments(options: {
  readonly connection: ServiceConnection;
  readonly manifest: CircuitManifest;
  readonly first: ServerDocument;
}): ServerDocuments {
  const { connection, manifest, first } = options;
  const pin = first.fingerprint;
  let latest = first;
  let fetching: Promise<ServerDocument> | undefined;
  const refetch = (): Promise<ServerDocument> => {
    fetching ??= fetchServerDocument({ connection, manifest, pin })
      .then((document) => (latest = document))
      .finally(() => (fetching = undefined));
    return fetching;
  };
  return {
    fingerprint: pin,
    refetch,
    current: async (neededUntil = 0) => {
      const now = Math.floor(connection.localNow() / 1000);
      const lasts = latest.notAfter > now && freshestTransportKey(latest).notAfter > neededUntil;
      return lasts ? latest : refetch();
    },
  };
}

/** The transport key that lasts longest. */
export function freshestTransportKey(document: ServerDocument): ServerDocument["transportKeys"][number] {
  return document.transportKeys.reduce((a, b) => (b.notAfter > a.notAfter ? b : a));
}
