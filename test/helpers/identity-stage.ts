import { databaseTime } from "@vaultproof/db/queries/database-time";
import type { Test } from "tap";
import { answerOf, setCallStage, type CallStage } from "./call-stage.js";
import { idSignature, jwt, type BackendKey, type IdSigned } from "./identity-keys.js";

/** A call stage whose slot and grant may be given any `identity`, as often as wanted. */
export interface IdentityStage {
  readonly stage: CallStage;
  readonly appId: string;
  /** Unix seconds, the database's. */
  readonly now: () => Promise<number>;
  /** Writes restrictions as they are, past every schema. */
  readonly restrict: (restrictions: { slot?: unknown; grant?: unknown }) => Promise<void>;
  /** Makes a call with this `auth`; null where the provider answered it, else the status and the refusal's reason. */
  readonly call: (auth: unknown, about?: Members, origin?: string) => Promise<string | null>;
  /** An id signature for the stage's app that is good for a minute, with changes. */
  readonly idSignature: (
    key: BackendKey,
    said?: Partial<IdSigned>,
    shown?: Partial<IdSigned>,
  ) => Promise<string>;
  /** An identity token that is good for a minute, with changes. */
  readonly identityToken: (key: BackendKey, claims?: Members, header?: Members) => Promise<string>;
  /** An access token that is good for a minute, with changes. */
  readonly accessToken: (key: BackendKey, claims?: Members, header?: Members) => Promise<string>;
}

type Members = Readonly<Record<string, unknown>>;

export const ISSUER = "https://login.example.com/";
export const AUDIENCE = "my-backend";
export const SUBJECT_OF_TOKENS = "user|42 ✓";
const APP_ID = "my-app";

export async function setIdentityStage(t: Test): Promise<IdentityStage> {
  const stage = await setCallStage(t);
  const { db, slotId } = stage;
  const now = async (): Promise<number> => Math.floor(await databaseTime(db));
  const times = async (): Promise<{ iat: number; exp: number }> => {
    const iat = await now();
    return { iat, exp: iat + 60 };
  };
  return {
    stage,
    appId: APP_ID,
    now,
    async restrict({ slot = null, grant = null }) {
      const values = [slotId, ...[slot, grant].map((member) => JSON.stringify(member))];
      const [toSlot, toGrant] = values.slice(1);
      await db.query({
        text: "UPDATE key_slots SET restrictions = nullif($2::jsonb, 'null') WHERE id = $1",
        values: [slotId, toSlot],
      });
      await db.query({
        text: "UPDATE app_grants SET restrictions = nullif($2::jsonb, 'null') WHERE slot_id = $1",
        values: [slotId, toGrant],
      });
    },
    async call(auth, about = {}, origin) {
      const call = await stage.makeCall({ ...about, auth });
      const { status, body } = await answerOf(await stage.send(call, "application/json", origin));
      if (status === 200) return null;
      const { reason, error } = body as { reason?: string; error?: string };
      return `${status} ${reason ?? error ?? ""}`;
    },
    async idSignature(key, said = {}, shown = {}) {
      const whole = {
        ...{ keySlotId: slotId, appId: APP_ID, subject: SUBJECT_OF_TOKENS, keyVersion: key.version },
        expiresAt: (await times()).exp,
        ...said,
      };
      return idSignature(key, whole, shown);
    },
    identityToken: async (key, claims = {}, header = {}) =>
      jwt(key, { iss: ISSUER, aud: AUDIENCE, sub: SUBJECT_OF_TOKENS, ...(await times()), ...claims }, header),
    accessToken: async (key, claims = {}, header = {}) =>
      jwt(
        key,
        { aud: `vaultproof:${slotId}:${APP_ID}`, sub: SUBJECT_OF_TOKENS, ...(await times()), ...claims },
        { typ: "vaultproof-access+jwt", ...header },
      ),
  };
}
