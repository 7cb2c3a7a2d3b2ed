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
   */
  grant(keySlotId: string, appId: string, restrictions?: Restrictions): Promise<{ readonly bundle: string }>;
  /** Ends an app's use of a slot. */
  revoke(keySlotId: string, appId: string): Promise<void>;
}

/** A grant with the same leaf may be said again. */
const GRANT_ATTEMPTS = 3;

/** The operations on apps, within one session. */
export function createAppOperations(session: DeveloperSession): AppOperations {
  return {
    grant: (keySlotId, appId, restrictions) => grantApp(session, { keySlotId, appId, restrictions }),
    revoke: async (keySlotId, appId) => {
      requireSlotId(keySlotId);
      await session.request({
        method: "POST",
        path: `/api/v1/keys/${keySlotId}/revoke-app`,
        body: parseRequest(revokeAppSchema, { appId }),
        answer: revokeAppAnswerSchema,
        keySlotId,
      });
      await session.state.removeApp(keySlotId, appId);
    },
  };
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
  const slot = await session.state.loadSlot(keySlotId);
  if (slot === undefined) {
    throw new VaultProofError(
      "state-missing",
      `the share of ${keySlotId} is on the device that stored it, or in another stateDir; an app cannot be granted ` +
        "without it",
      { keySlotId },
    );
  }
  const secret = newAppSecret();
  const body = parseRequest(grantSchema, { appId, leaf: fieldToHex(appLeaf(appId, secret)), restrictions });
  const before = await session.state.loadApp(keySlotId, appId);
  await session.state.saveApp(keySlotId, { ...before, appId, pending: secret });
  try {
    await session.request({
      method: "POST",
      path: `/api/v1/keys/${keySlotId}/grant`,
      body,
      answer: grantAnswerSchema,
      attempts: GRANT_ATTEMPTS,
      keySlotId,
    });
  } catch (error) {
    if (isRefusal(error)) await restoreApp(session, { keySlotId, appId, before });
    throw error;
  }
  await session.state.saveApp(keySlotId, { appId, secret });
  return { bundle: writeBundle(session, slot, { appId, secret }) };
}

async function restoreApp(
  session: DeveloperSession,
  about: { readonly keySlotId: string; readonly appId: string; readonly before: AppMemory | undefined },
): Promise<void> {
  const { keySlotId, appId, before } = about;
  if (before === undefined) await session.state.removeApp(keySlotId, appId);
  else await session.state.saveApp(keySlotId, before);
}
