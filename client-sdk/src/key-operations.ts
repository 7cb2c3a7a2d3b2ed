import {
  revokeAnswerSchema,
  storeAnswerSchema,
  storeSchema,
  type KeySlot,
  type StoreRequest,
} from "@vaultproof/protocol/developer-routes";
import { appSecretFromBytes } from "@vaultproof/protocol/developer-key";
import type { Destination } from "@vaultproof/protocol/destination";
import { fieldToHex } from "@vaultproof/protocol/field";
import type { LogsAnswer } from "@vaultproof/protocol/log-routes";
import { DestinationError, resolveDestination, type ProviderSlug } from "@vaultproof/protocol/providers";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { appLeaf } from "@vaultproof/protocol/statement";
import { writeBundle } from "./app-bundle.js";
import type { DeveloperSession } from "./developer-session.js";
import { isRefusal, parseRequest, requireSlotId } from "./developer-input.js";
import { commitmentOf, type ShareMemory, type SlotPlace } from "./device-slots.js";
import { refreshShares, rotateKey, type RotatedKey, type RotateOptions } from "./key-rotation.js";
import { listSlots } from "./list-slots.js";
import type { LogExport } from "./log-export.js";
import type { LogOperations, LogPageOptions } from "./log-operations.js";
import { VaultProofError } from "./sdk-error.js";
import { requireApiKey, splitAndSeal } from "./split-key.js";

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
  /**
   * Puts a new provider key in the place of a slot's, for the same destination and apps. Every bundle of before is dead.
   * The new state is on this device before anything is sent; after an answer that was lost, the next operation finds out
   * what became of it.
   *
   * @throws VaultProofError `refused` with status 409 when another rotation came first.
   */
  rotate(keySlotId: string, options: RotateOptions): Promise<RotatedKey>;
  /**
   * Changes both shares of a slot; the provider key stays. A share or bundle that was stolen before is dead.
   *
   * @throws VaultProofError `state-stale` where the slot's share is on another device; `refused` with status 409 as above.
   */
  refresh(keySlotId: string): Promise<RotatedKey>;
  /** What was called on a slot, newest first; refused calls that proved nothing are counted together. */
  logs(keySlotId: string, page?: LogPageOptions): Promise<LogsAnswer>;
  /**
   * All that is kept of a slot's calls, to be checked with `verifyLog`.
   *
   * @throws VaultProofError `answer-unverified` for a head that the pinned server did not sign; `log-rewritten` where the
   *   log does not hold what this device has seen of it before.
   */
  exportLogs(keySlotId: string): Promise<LogExport>;
  /** Ends a slot for all its apps, irreversibly. */
  revoke(keySlotId: string): Promise<void>;
}

const FIRST_VERSION = 1;
const APP_SECRET_BYTES = 31;
/** Storing, listing and revoking may be said again: the second time changes nothing. */
const ATTEMPTS = 3;

/** The operations on keys, within one session. */
export function createKeyOperations(session: DeveloperSession, logs: LogOperations): KeyOperations {
  return {
    store: (options) => storeKey(session, options),
    list: () => listSlots(session),
    rotate: (keySlotId, rotation) => rotateKey(session, keySlotId, rotation),
    refresh: (keySlotId) => refreshShares(session, keySlotId),
    logs: (keySlotId, page) => logs.ofSlot(keySlotId, page),
    exportLogs: (keySlotId) => logs.exportSlot(keySlotId),
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
  const { baseUrl: providerOrigin, ...header } = destination;
  const slot: SlotPlace = { slotId: keySlotId, providerOrigin, destination: header };
  const slotVersion = FIRST_VERSION;
  const { share1Sealed, share2 } = await splitAndSeal(session, {
    ...{ apiKey: options.apiKey, slotId: keySlotId, slotVersion, destination },
  });
  const share = { slotVersion, share2 };
  const request = storeRequest({ session, options, keySlotId, share1Sealed, share2, secrets });
  await rememberBeforeSending(session, { slot, share, secrets });
  await sendStore(session, request);
  for (const [appId, secret] of secrets) await session.state.saveApp(keySlotId, { appId, secret });
  const bundles = Object.fromEntries(
    [...secrets].map(([appId, secret]) => [appId, writeBundle(session, slot, share, { appId, secret })]),
  );
  return { keySlotId, bundles };
}

function requireKeyAndApps({ apiKey, apps }: StoreOptions): void {
  requireApiKey(apiKey);
  const given: unknown = apps;
  if (!Array.isArray(given) || given.some((appId) => typeof appId !== "string")) {
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

function storeRequest(about: {
  readonly session: DeveloperSession;
  readonly options: StoreOptions;
  readonly keySlotId: string;
  readonly share1Sealed: string;
  readonly share2: Uint8Array;
  readonly secrets: ReadonlyMap<string, bigint>;
}): StoreRequest {
  const { session, options, keySlotId, share1Sealed, share2, secrets } = about;
  return parseRequest(storeSchema, {
    keySlotId,
    share1_encrypted: share1Sealed,
    vaultCommitment: commitmentOf(session.key, keySlotId, share2),
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
  about: {
    readonly slot: SlotPlace;
    readonly share: Pick<ShareMemory, "slotVersion" | "share2">;
    readonly secrets: ReadonlyMap<string, bigint>;
  },
): Promise<void> {
  const { slot, share, secrets } = about;
  await session.state.saveSlot(slot, share);
  for (const [appId, pending] of secrets) await session.state.saveApp(slot.slotId, { appId, pending });
}

async function sendStore(session: DeveloperSession, request: StoreRequest): Promise<void> {
  const { keySlotId } = request;
  let repeats = 0;
  try {
    const answer = await session.request({
      method: "POST",
      path: "/api/v1/keys/store",
      body: request,
      answer: storeAnswerSchema,
      attempts: ATTEMPTS,
      onRepeat: () => {
        repeats++;
      },
      keySlotId,
    });
    if (answer.keySlotId !== keySlotId || answer.version !== FIRST_VERSION) {
      throw new VaultProofError("answer-unverified", "it is about another slot or version", { keySlotId });
    }
  } catch (error) {
    // Only a refusal that the server signed says for certain that nothing was stored, and only of the one attempt.
    if (isRefusal(error) && repeats === 0) await session.state.removeSlot(keySlotId);
    throw error;
  }
}
