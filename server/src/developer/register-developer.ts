import type { Queryable } from "@vaultproof/db/database";
import { findDeveloper } from "@vaultproof/db/queries/find-developer";
import { insertDeveloper } from "@vaultproof/db/queries/insert-developer";
import type { ServerConfig } from "../config.js";
import { ServerError } from "../errors.js";
import type { VerifiedDeveloper } from "./verify-developer.js";

/**
 * Registers a developer who has proved possession of the key. A repeat is no error, also where registration is
 * closed: it tells the developer no more than a signed request would.
 *
 * @throws ServerError `registrationClosed`; `unauthorized` for a developer who was disabled.
 */
export async function registerDeveloper(
  db: Queryable,
  {
    developer,
    label,
    registration,
  }: {
    readonly developer: VerifiedDeveloper;
    readonly label: string;
    readonly registration: ServerConfig["registration"];
  },
): Promise<{ created: boolean }> {
  const known = await findDeveloper(db, developer.id);
  if (known !== null) {
    if (known.status !== "active") throw new ServerError("unauthorized");
    return { created: false };
  }
  if (registration === "closed") throw new ServerError("registrationClosed");
  return await insertDeveloper(db, { id: developer.id, publicKey: developer.publicKey, label });
}
