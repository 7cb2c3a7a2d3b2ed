import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import {
  deriveDeveloperIdentity,
  type DeveloperIdentity,
  type DeveloperKey,
} from "@vaultproof/protocol/developer-key";
import { registerAnswerSchema, registerSchema } from "@vaultproof/protocol/developer-routes";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import { createDeveloperChannel, type DeveloperChannel, type DeveloperRequest } from "./developer-channel.js";
import { parseRequest } from "./developer-input.js";
import type { DeviceState } from "./device-state.js";
import { VaultProofError } from "./sdk-error.js";
import { fetchServerDocument, type ServerDocument } from "./server-document.js";
import { createServerDocuments, type ServerDocuments } from "./server-documents.js";
import type { ServiceConnection } from "./service-connection.js";

/** A developer who is registered at a server whose identity is pinned. */
export interface DeveloperSession {
  readonly key: DeveloperKey;
  readonly developer: DeveloperIdentity;
  readonly documents: ServerDocuments;
  readonly state: DeviceState;
  /** As the channel's, but registers once more where the server has forgotten this developer. */
  request<T>(request: DeveloperRequest<T>): Promise<T>;
}

const REGISTRATION_ATTEMPTS = 3;

/**
 * Finds out who the server is, pins it, and registers the developer on first use.
 *
 * @throws VaultProofError, everything that {@link fetchServerDocument} and {@link createDeveloperChannel} say, and
 *   `identity-unpinned` for a live key without a pin.
 */
export async function openDeveloperSession(options: {
  readonly connection: ServiceConnection;
  readonly key: DeveloperKey;
  readonly state: DeviceState;
  readonly manifest: CircuitManifest;
  /** The fingerprint that came from outside; goes before what is remembered. */
  readonly serverIdentity: string | undefined;
  /** Shown to the server when the developer registers, and only then. */
  readonly inviteToken: string | undefined;
  readonly warn: (message: string) => void;
}): Promise<DeveloperSession> {
  const { connection, key, state, manifest, serverIdentity, inviteToken } = options;
  const remembered = await state.loadServer(connection.origin);
  const pin = serverIdentity ?? remembered?.identity;
  if (pin === undefined && key.kind === "live") {
    throw new VaultProofError(
      "identity-unpinned",
      "a vp_live_ key is used only with a server whose identity is given: open({ url, developerKey, " +
        "serverIdentity }) with the fingerprint that the server prints at start",
    );
  }
  const first = await reach(connection, () => fetchServerDocument({ connection, pin, manifest }));
  const developer = deriveDeveloperIdentity(key);
  const channel = createDeveloperChannel({ connection, developer, server: first });
  const registered = remembered?.identity === first.fingerprint && remembered.registered;
  if (pin === undefined) options.warn(firstContact(connection.origin, first));
  if (!registered) {
    await state.saveServer(connection.origin, { identity: first.fingerprint, registered: false });
    await register({ channel, developer, inviteToken });
    await state.saveServer(connection.origin, { identity: first.fingerprint, registered: true });
  }
  return {
    key,
    developer,
    state,
    documents: createServerDocuments({ connection, manifest, first }),
    request: (request) => requestRegistered({ channel, developer, inviteToken, request }),
  };
}

/** A server restored from an older backup does not know a developer who is registered; saying it again costs nothing. */
async function requestRegistered<T>(options: {
  readonly channel: DeveloperChannel;
  readonly developer: DeveloperIdentity;
  readonly inviteToken: string | undefined;
  readonly request: DeveloperRequest<T>;
}): Promise<T> {
  const { channel, request } = options;
  try {
    return await channel.request(request);
  } catch (error) {
    if (!(error instanceof VaultProofError) || error.code !== "unauthorized") throw error;
    await register(options);
    // Nobody signed the answer before: it says nothing of what became of the request.
    request.onRepeat?.();
    return channel.request(request);
  }
}

async function register(options: {
  readonly channel: DeveloperChannel;
  readonly developer: DeveloperIdentity;
  readonly inviteToken: string | undefined;
}): Promise<void> {
  const { channel, developer, inviteToken } = options;
  await channel.request({
    method: "POST",
    path: "/api/v1/developers",
    body: parseRequest(registerSchema, { publicKey: toBase64Url(developer.publicKey), inviteToken }),
    answer: registerAnswerSchema,
    attempts: REGISTRATION_ATTEMPTS,
  });
}

/** Turns fetch's TypeError into an error that says where it wanted to go. */
async function reach<T>(connection: ServiceConnection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new VaultProofError("unreachable", `${connection.origin} gave no answer`, { cause });
  }
}

function firstContact(origin: string, { fingerprint }: ServerDocument): string {
  return (
    `Nothing is known yet of the server at ${origin}: its identity ${fingerprint} is trusted because it came first, ` +
    "and remembered. Compare it with what the server prints at start, or pass it as serverIdentity."
  );
}
