import {
  grantAnswerSchema,
  grantSchema,
  revokeAppAnswerSchema,
  revokeAppSchema,
} from "@vaultproof/protocol/developer-routes";
import { fieldToHex } from "@vaultproof/protocol/field";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { appLeaf } from "@vaultproof/protocol/statement";
import { writeBundle } from "./app-bundle.js";
import { findCurrentSlot, requireShare } from "./current-slot.js";
import { isRefusal, parseRequest, requireSlotId } from "./developer-input.js";
import type { DeveloperSession } from "./developer-session.js";
import type { AppMemory } from "./device-state.js";
import { newAppSecret } from "./key-operations.js";
import { VaultProofError } from "./sdk-error.js";

/** `vault.apps`. Every method may throw VaultProofError. */
export interface AppOperations {
  /**
   * Lets an app use a slot. An app that may already is given a new secret and these restrictions; its old bundle is
   * dead from then on.
   *
   * @throws VaultProofError `state-missing`, `state-stale` where the slot's share is on another device.
   */
  grant(keySlotId: string, appId: string, restrictions?: Restrictions): Promise<{ readonly bundle: string }>;
  /**
   * The bundle of an app that is granted, made again from what this device knows: as it was given out when the app was
   * granted or the slot last rotated.
   *
   * @throws VaultProofError `state-missing` where this device does not know the slot or the app's secret, `state-stale` where
   *   the slot's present share is on another device.
   */
  bundle(keySlotId: string, appId: string): Promise<string>;
  /** Ends an app's use of a slot. An app that has no grant is refused with 404. */
  revoke(keySlotId: string, appId: string): Promise<void>;
}

/** A grant with the same leaf may be said again, and so may a revocation. */
const ATTEMPTS = 3;
/** What the server says of an app that has no grant, as one that was just revoked. */
const NOT_GRANTED = { status: 404, reason: "App is not granted" } as const;

/** The operations on apps, within one session. */
export function createAppOperations(session: DeveloperSession): AppOperations {
  return {
    grant: (keySlotId, appId, restrictions) => grantApp(session, { keySlotId, appId, restrictions }),
    revoke: (keySlotId, appId) => revokeApp(session, keySlotId, appId),
    bundle: (keySlotId, appId) => bundleOf(session, keySlotId, appId),
  };
}

async function bundleOf(session: DeveloperSession, keySlotId: string, appId: string): Promise<string> {
  requireSlotId(keySlotId);
  const current = await findCurrentSlot(session, keySlotId);
  const share = requireShare(current);
  const app = typeof appId === "string" ? await session.state.loadApp(keySlotId, appId) : undefined;
  const secret = app?.secret ?? app?.pending;
  if (secret === undefined) {
    throw new VaultProofError(
      "state-missing",
      "the app's secret is on the device that granted it; grant the app again here, which ends its old bundle",
      { keySlotId },
    );
  }
  return writeBundle(session, current.slot, share, { appId, secret });
}

async function revokeApp(session: DeveloperSession, keySlotId: string, appId: string): Promise<void> {
  requireSlotId(keySlotId);
  let repeats = 0;
  try {
    await session.request({
      method: "POST",
      path: `/api/v1/keys/${keySlotId}/revoke-app`,
      body: parseRequest(revokeAppSchema, { appId }),
      answer: revokeAppAnswerSchema,
      attempts: ATTEMPTS,
      onRepeat: () => {
        repeats++;
      },
      keySlotId,
    });
  } catch (error) {
    // Said of a repeat, it tells what became of the attempt whose answer was lost; said at once, it is a mistake.
    if (repeats === 0 || !isNotGranted(error)) throw error;
  }
  await session.state.removeApp(keySlotId, appId);
}

function isNotGranted(error: unknown): boolean {
  if (!isRefusal(error)) return false;
  return error.status === NOT_GRANTED.status && error.reason === NOT_GRANTED.reason;
}

async function grantApp(
  session: DeveloperSession,
  grant: {
    readonly keySlotId: string;
    readonly appId: string;
    readonly restrictions: Restrictions | undefined;
  },
): Promise<{ readonly bundle: string }> {
  const { keySlotId, appId, restrictions } = grant;
  requireSlotId(keySlotId);
  const current = await findCurrentSlot(session, keySlotId);
  const share = requireShare(current);
  const secret = newAppSecret();
  const body = parseRequest(grantSchema, { appId, leaf: fieldToHex(appLeaf(appId, secret)), restrictions });
  const before = await session.state.loadApp(keySlotId, appId);
  await session.state.saveApp(keySlotId, { ...before, appId, pending: secret });
  let repeats = 0;
  try {
    await session.request({
      method: "POST",
      path: `/api/v1/keys/${keySlotId}/grant`,
      body,
      answer: grantAnswerSchema,
      attempts: ATTEMPTS,
      onRepeat: () => {
        repeats++;
      },
      keySlotId,
    });
  } catch (error) {
    // Said of a repeat, it tells nothing of the attempt whose answer was lost: that one may stand.
    if (isRefusal(error) && repeats === 0) await restoreApp(session, { keySlotId, appId, before });
    throw error;
  }
  await session.state.saveApp(keySlotId, { appId, secret });
  return { bundle: writeBundle(session, current.slot, share, { appId, secret }) };
}

async function restoreApp(
  session: DeveloperSession,
  about: { readonly keySlotId: string; readonly appId: string; readonly before: AppMemory | undefined },
): Promise<void> {
  const { keySlotId, appId, before } = about;
  if (before === undefined) await session.state.removeApp(keySlotId, appId);
  else await session.state.saveApp(keySlotId, before);
}
