import {
  listAnswerSchema,
  revokeAnswerSchema,
  storeAnswerSchema,
  storeSchema,
  type KeySlot,
  type StoreRequest,
} from "@vaultproof/protocol/developer-routes";
import { appSecretFromBytes, deriveSlotSecret } from "@vaultproof/protocol/developer-key";
import { destinationDigest, type Destination } from "@vaultproof/protocol/destination";
import { fieldToHex } from "@vaultproof/protocol/field";
import { DestinationError, resolveDestination, type ProviderSlug } from "@vaultproof/protocol/providers";
import { RecordError, splitKey, type KeyShares } from "@vaultproof/protocol/record";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { seal } from "@vaultproof/protocol/seal";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import { appLeaf, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import { writeBundle } from "./app-bundle.js";
import type { DeveloperSession } from "./developer-session.js";
import type { SlotMemory } from "./device-state.js";
import { isRefusal, parseRequest, requireSlotId } from "./developer-input.js";
import { VaultProofError } from "./sdk-error.js";

/** What is stored, and for whom. */
export interface StoreOptions {
  /** The provider's key. Bytes are overwritten with zeros once split; a string cannot be. */
  readonly apiKey: string | Uint8Array;
  readonly provider: ProviderSlug;
  /** For people; the server sees it. */
  readonly label: string;
  /** Apps that may use the key. */
  readonly apps: readonly string[];
  /** Origin of the provider; required for `custom`. */
  readonly baseUrl?: string | undefined;
  /** How the key is presented, `{key}` standing for it; for `custom` only. */
  readonly authHeader?: { readonly name: string; readonly template: string } | undefined;
  /** What calls of any app must keep to. */
  readonly restrictions?: Restrictions | undefined;
}

/** A stored key: its slot and a bundle for each app. */
export interface StoredKey {
  readonly keySlotId: string;
  /** By app id; each a bearer secret. */
  readonly bundles: Readonly<Record<string, string>>;
}

/** `vault.keys`. Every method may throw VaultProofError. */
export interface KeyOperations {
  /** Splits a key on this device, stores one share at the server and keeps the other here. */
  store(options: StoreOptions): Promise<StoredKey>;
  /** This developer's slots, revoked ones included. */
  list(): Promise<readonly KeySlot[]>;
  /** Ends a slot for all its apps, irreversibly. */
  revoke(keySlotId: string): Promise<void>;
}

const FIRST_VERSION = 1;
const APP_SECRET_BYTES = 31;
/** Storing, listing and revoking may be said again: the second time changes nothing. */
const ATTEMPTS = 3;

/** The operations on keys, within one session. */
export function createKeyOperations(session: DeveloperSession): KeyOperations {
  return {
    store: (options) => storeKey(session, options),
    list: async () => {
      const path = "/api/v1/keys/list";
      return (await session.request({ method: "GET", path, answer: listAnswerSchema, attempts: ATTEMPTS }))
        .keySlots;
    },
    revoke: async (keySlotId) => {
      requireSlotId(keySlotId);
      await session.request({
        method: "POST",
        path: `/api/v1/keys/revoke/${keySlotId}`,
        answer: revokeAnswerSchema,
        attempts: ATTEMPTS,
        keySlotId,
      });
      await session.state.removeSlot(keySlotId);
    },
  };
}

/** A new app secret. */
export function newAppSecret(): bigint {
  return appSecretFromBytes(crypto.getRandomValues(new Uint8Array(APP_SECRET_BYTES)));
}

async function storeKey(session: DeveloperSession, options: StoreOptions): Promise<StoredKey> {
  requireKeyAndApps(options);
  const keySlotId = crypto.randomUUID();
  const destination = destinationOf(options);
  const secrets = new Map(options.apps.map((appId) => [appId, newAppSecret()]));
  if (secrets.size !== options.apps.length) {
    throw new VaultProofError("invalid-argument", "apps names one twice");
  }
  const { share1, share2 } = splitWiping(options.apiKey, {
    slotId: keySlotId,
    developerPublicKey: session.developer.publicKey,
    destination: destinationDigest(destination),
  });
  const slot: SlotMemory = {
    slotId: keySlotId,
    slotVersion: FIRST_VERSION,
    providerOrigin: destination.baseUrl,
    share2,
  };
  const sealed = await sealShare1(session, { slot, share1, destination });
  const request = storeRequest({ session, options, slot, sealed, secrets });
  await rememberBeforeSending(session, slot, secrets);
  await sendStore(session, request);
  for (const [appId, secret] of secrets) await session.state.saveApp(keySlotId, { appId, secret });
  const bundles = Object.fromEntries(
    [...secrets].map(([appId, secret]) => [appId, writeBundle(session, slot, { appId, secret })]),
  );
  return { keySlotId, bundles };
}

/** What a variable of the environment that is not set, or a slip in JavaScript, would put there. */
function requireKeyAndApps({ apiKey, apps }: StoreOptions): void {
  const given: { readonly apiKey: unknown; readonly apps: unknown } = { apiKey, apps };
  if (typeof given.apiKey !== "string" && !(given.apiKey instanceof Uint8Array)) {
    throw new VaultProofError("invalid-argument", "apiKey is the provider's key, as text or as bytes");
  }
  if (!Array.isArray(given.apps) || given.apps.some((appId) => typeof appId !== "string")) {
    throw new VaultProofError("invalid-argument", "apps is a list of app ids");
  }
}

function destinationOf(options: StoreOptions): Destination {
  try {
    return resolveDestination(options);
  } catch (cause) {
    if (!(cause instanceof DestinationError)) throw cause;
    throw new VaultProofError("invalid-argument", cause.message, { cause });
  }
}

/** Splits the key and wipes every buffer that held it, whatever happens. */
function splitWiping(apiKey: string | Uint8Array, binding: Parameters<typeof splitKey>[1]): KeyShares {
  const key = typeof apiKey === "string" ? new TextEncoder().encode(apiKey) : apiKey;
  try {
    return splitKey(key, binding, (bytes) => crypto.getRandomValues(bytes));
  } catch (cause) {
    if (!(cause instanceof RecordError)) throw cause;
    throw new VaultProofError("invalid-argument", `apiKey: ${cause.message}`, { cause });
  } finally {
    key.fill(0);
  }
}

async function sealShare1(
  session: DeveloperSession,
  about: { readonly slot: SlotMemory; readonly share1: Uint8Array; readonly destination: Destination },
): Promise<string> {
  const { slot, share1, destination } = about;
  try {
    const { storageKey } = await session.documents.current();
    const context = share1Context({
      slotId: slot.slotId,
      slotVersion: slot.slotVersion,
      developerPublicKey: session.developer.publicKey,
      destination: destinationDigest(destination),
    });
    return await seal(storageKey, context, share1);
  } finally {
    share1.fill(0);
  }
}

function storeRequest(about: {
  readonly session: DeveloperSession;
  readonly options: StoreOptions;
  readonly slot: SlotMemory;
  readonly sealed: string;
  readonly secrets: ReadonlyMap<string, bigint>;
}): StoreRequest {
  const { session, options, slot, sealed, secrets } = about;
  const { slotId, share2 } = slot;
  const commitment = vaultCommitment(deriveSlotSecret(session.key, slotId), shareHash(slotId, share2));
  return parseRequest(storeSchema, {
    keySlotId: slotId,
    share1_encrypted: sealed,
    vaultCommitment: fieldToHex(commitment),
    provider: options.provider,
    baseUrl: options.baseUrl,
    authHeader: options.authHeader,
    label: options.label,
    apps: [...secrets].map(([appId, secret]) => ({ appId, leaf: fieldToHex(appLeaf(appId, secret)) })),
    restrictions: options.restrictions,
  });
}

/** A store whose answer is lost must still find its share here: nobody else has it. */
async function rememberBeforeSending(
  session: DeveloperSession,
  slot: SlotMemory,
  secrets: ReadonlyMap<string, bigint>,
): Promise<void> {
  await session.state.saveSlot(slot);
  for (const [appId, pending] of secrets) await session.state.saveApp(slot.slotId, { appId, pending });
}

async function sendStore(session: DeveloperSession, request: StoreRequest): Promise<void> {
  const { keySlotId } = request;
  try {
    const answer = await session.request({
      method: "POST",
      path: "/api/v1/keys/store",
      body: request,
      answer: storeAnswerSchema,
      attempts: ATTEMPTS,
      keySlotId,
    });
    if (answer.keySlotId !== keySlotId || answer.version !== FIRST_VERSION) {
      throw new VaultProofError("answer-unverified", "it is about another slot or version", { keySlotId });
    }
  } catch (error) {
    // Only a refusal that the server signed says for certain that nothing was stored.
    if (isRefusal(error)) await session.state.removeSlot(keySlotId);
    throw error;
  }
}
