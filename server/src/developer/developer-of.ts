import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.js";
import type { VerifiedDeveloper } from "./verify-developer.js";

/**
 * The developer whose signature on a request held.
 *
 * @throws ServerError `unauthorized` on a route that asks for no signature.
 */
export function developerOf({ developer }: Pick<FastifyRequest, "developer">): VerifiedDeveloper {
  if (developer === null) throw new ServerError("unauthorized");
  return developer;
}
