import type { Database } from "@vaultproof/db/database";
import { findDeveloper } from "@vaultproof/db/queries/find-developer";
import { insertDeveloper } from "@vaultproof/db/queries/insert-developer";
import { useInvite } from "@vaultproof/db/queries/use-invite";
import { appendAct, type ManagementAct } from "../audit/management-act.js";
import type { ServerConfig } from "../config.js";
import { ServerError } from "../errors.js";
import { inviteDigest, isInvite } from "./invites.js";
import type { VerifiedDeveloper } from "./verify-developer.js";

/** Who may register. */
export type RegistrationRules = Pick<ServerConfig, "registration" | "invites">;

/** A developer who has proved possession of the key. */
export interface Registration {
  readonly developer: VerifiedDeveloper;
  readonly label: string;
  readonly inviteToken: string | undefined;
  readonly act: ManagementAct;
}

/**
 * Registers a developer who has proved possession of the key. A repeat is no error, also where registration is
 * closed or its invite used up: it tells the developer no more than a signed request would.
 *
 * @throws ServerError `registrationClosed`; `inviteRequired` alike for no invite, a wrong one and a used one;
 *   `unauthorized` for a developer who was disabled.
 */
export async function registerDeveloper(
  db: Database,
  rules: RegistrationRules,
  { developer, label, inviteToken, act }: Registration,
): Promise<{ created: boolean }> {
  const known = await findDeveloper(db, developer.id);
  if (known !== null) {
    if (known.status !== "active") throw new ServerError("unauthorized");
    await appendAct(db, { ...act, status: 200 }, "repeated");
    return { created: false };
  }
  if (rules.registration === "closed") throw new ServerError("registrationClosed");
  const row = { id: developer.id, publicKey: developer.publicKey, label };
  const digest = inviteDigest(inviteToken ?? "");
  if (rules.registration === "invite" && !isListed(rules.invites, digest)) {
    throw new ServerError("inviteRequired");
  }
  return await db.transaction(async (tx) => {
    const inserted = await insertDeveloper(tx, row);
    // The same developer a moment ago, whose own invite this may have been.
    if (inserted.created && rules.registration === "invite") {
      const isUnused = await useInvite(tx, { digest, developerId: developer.id });
      if (!isUnused) throw new ServerError("inviteRequired");
    }
    await appendAct(
      tx,
      inserted.created ? act : { ...act, status: 200 },
      inserted.created ? "registered" : "repeated",
    );
    return inserted;
  });
}

function isListed(invites: RegistrationRules["invites"], digest: Uint8Array): boolean {
  return isInvite(
    invites.map((invite) => invite.reveal()),
    digest,
  );
}
