import type { Destination } from "@vaultproof/protocol/destination";
import { fromHex } from "@vaultproof/protocol/encoding";
import { DestinationError, PROVIDER_SLUGS, resolveDestination } from "@vaultproof/protocol/providers";
import { maskShare } from "@vaultproof/protocol/record";
import {
  refreshAnswerSchema,
  refreshSchema,
  rotateAnswerSchema,
  rotateSchema,
} from "@vaultproof/protocol/rotation-routes";
import { seal } from "@vaultproof/protocol/seal";
import { maskContext } from "@vaultproof/protocol/sealed-message";
import { writeBundle } from "./app-bundle.js";
import { findCurrentSlot, requireShare, type CurrentSlot } from "./current-slot.js";
import type { AnswerSchema } from "./developer-channel.js";
import { isRefusal, parseRequest, requireSlotId } from "./developer-input.js";
import type { DeveloperSession } from "./developer-session.js";
import { commitmentOf, type ShareMemory, type SlotMemory } from "./device-slots.js";
import { VaultProofError } from "./sdk-error.js";
import { freshestTransportKey } from "./server-documents.js";
import { requireApiKey, splitAndSeal } from "./split-key.js";

/** The new provider key. */
export interface RotateOptions {
  /** Bytes are overwritten with zeros once split; a string cannot be. */
  readonly apiKey: string | Uint8Array;
}

/** What apps need from now on. */
export interface RotatedKey {
  /** By app id, for every app whose secret this device knows; each a bearer secret. The old ones are dead. */
  readonly bundles: Readonly<Record<string, string>>;
}

const ATTEMPTS = 3;
const UNKNOWN_TRANSPORT_KEY = "Unknown transport key";

/** Puts another provider key in the place of a slot's. */
export async function rotateKey(
  session: DeveloperSession,
  keySlotId: string,
  { apiKey }: RotateOptions,
): Promise<RotatedKey> {
  requireSlotId(keySlotId);
  requireApiKey(apiKey);
  const current = await findCurrentSlot(session, keySlotId);
  const slotVersion = current.version + 1;
  const destination = destinationOf(current);
  const { share1Sealed, share2 } = await splitAndSeal(session, {
    ...{ apiKey, slotId: keySlotId, slotVersion, destination },
  });
  const next = nextShare(session, keySlotId, { slotVersion, share2 });
  const body = parseRequest(rotateSchema, {
    share1_encrypted: share1Sealed,
    vaultCommitment: next.commitment,
    fromVersion: current.version,
  });
  return change(session, current.slot, next, (onRepeat) =>
    send(session, { keySlotId, action: "rotate", body, answer: rotateAnswerSchema, onRepeat }),
  );
}

/** Changes both shares of a slot; the provider key stays. */
export async function refreshShares(session: DeveloperSession, keySlotId: string): Promise<RotatedKey> {
  requireSlotId(keySlotId);
  const current = await findCurrentSlot(session, keySlotId);
  const { share2: before } = requireShare(current);
  const share2 = crypto.getRandomValues(new Uint8Array(new ArrayBuffer(before.length)));
  const mask = new Uint8Array(new ArrayBuffer(before.length));
  mask.set(share2);
  maskShare(mask, before);
  const next = nextShare(session, keySlotId, { slotVersion: current.version + 1, share2 });
  try {
    return await change(session, current.slot, next, (onRepeat) =>
      sendRefresh(session, { keySlotId, mask, next, onRepeat }),
    );
  } finally {
    mask.fill(0);
    before.fill(0);
  }
}

interface Sending {
  readonly keySlotId: string;
  /** Told when the request goes out more than once. */
  readonly onRepeat: () => void;
}

/** Once more to a key of today's document when the server has forgotten the one of the document at hand. */
async function sendRefresh(
  session: DeveloperSession,
  about: Sending & { readonly mask: Uint8Array; readonly next: ShareMemory },
): Promise<{ version: number }> {
  const { keySlotId, mask, next, onRepeat } = about;
  const attempt = async (documents: "current" | "refetch"): Promise<{ version: number }> => {
    const transportKey = freshestTransportKey(await session.documents[documents]());
    const fromVersion = next.slotVersion - 1;
    const vaultCommitment = fromHex(next.commitment);
    const context = maskContext({ slotId: keySlotId, fromVersion, vaultCommitment });
    const body = parseRequest(refreshSchema, {
      mask_encrypted: await seal(transportKey.publicKey, context, mask),
      ...{ vaultCommitment: next.commitment, fromVersion },
    });
    return send(session, { keySlotId, action: "refresh", body, answer: refreshAnswerSchema, onRepeat });
  };
  try {
    return await attempt("current");
  } catch (error) {
    if (!isRefusal(error) || error.reason !== UNKNOWN_TRANSPORT_KEY) throw error;
    return attempt("refetch");
  }
}

function send(
  session: DeveloperSession,
  about: Sending & {
    readonly action: string;
    readonly body: unknown;
    readonly answer: AnswerSchema<{ version: number }>;
  },
): Promise<{ version: number }> {
  const { keySlotId, action, body, answer, onRepeat } = about;
  const path = `/api/v1/keys/${keySlotId}/${action}`;
  return session.request({ method: "POST", path, body, answer, attempts: ATTEMPTS, onRepeat, keySlotId });
}

/** Keeps the share before anything is sent, and settles what became of it afterwards. */
async function change(
  session: DeveloperSession,
  slot: SlotMemory,
  next: ShareMemory,
  sendIt: (onRepeat: () => void) => Promise<{ version: number }>,
): Promise<RotatedKey> {
  const { slotId } = slot;
  await session.state.addShare(slotId, next);
  let repeats = 0;
  try {
    const { version } = await sendIt(() => {
      repeats++;
    });
    if (version !== next.slotVersion) {
      throw new VaultProofError("answer-unverified", "it is about another version", { keySlotId: slotId });
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // A refusal tells of the attempt that it answers; one before it, whose answer was lost, may have been carried out.
    if (repeats === 0) await session.state.dropShare(slotId, next);
    if (repeats === 0 || !(await becameCurrent(session, next, slotId))) throw error;
  }
  await session.state.settleShare(slotId, next);
  return { bundles: await writeBundles(session, slot, next) };
}

async function becameCurrent(session: DeveloperSession, next: ShareMemory, slotId: string): Promise<boolean> {
  const { share } = await findCurrentSlot(session, slotId);
  return share?.commitment === next.commitment;
}

async function writeBundles(
  session: DeveloperSession,
  slot: SlotMemory,
  share: ShareMemory,
): Promise<Record<string, string>> {
  const bundles: Record<string, string> = {};
  for (const { appId, secret, pending } of await session.state.listApps(slot.slotId)) {
    const known = secret ?? pending;
    if (known !== undefined) bundles[appId] = writeBundle(session, slot, share, { appId, secret: known });
  }
  return bundles;
}

function nextShare(
  session: DeveloperSession,
  slotId: string,
  share: Pick<ShareMemory, "slotVersion" | "share2">,
): ShareMemory {
  return { ...share, commitment: commitmentOf(session.key, slotId, share.share2), pending: true };
}

/**
 * Where the key goes, which it is bound to. What the first versions of the SDK stored lacks the header: it is the provider's
 * own, and for `custom` the usual one; the server refuses a share that is bound to another than it has.
 */
function destinationOf({ slot, provider: slug }: CurrentSlot): Destination {
  const baseUrl = slot.providerOrigin;
  if (slot.destination !== undefined) return { ...slot.destination, baseUrl };
  const provider = PROVIDER_SLUGS.find((known) => known === slug) ?? "custom";
  try {
    return resolveDestination({ provider, baseUrl });
  } catch (cause) {
    if (!(cause instanceof DestinationError)) throw cause;
    throw new VaultProofError("state-damaged", cause.message, { cause });
  }
}
