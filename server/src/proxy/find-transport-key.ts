import { ServerError } from "../errors.js";
import type { HpkePrivateKey } from "../keys/hpke-open.js";
import type { TransportKeys } from "../keys/transport-keys.js";
import type { AuthorisedCall } from "./verify-proof.js";

/**
 * The end of step 5: the key that share 2 was sealed to; null for a share in clear. Looked for before anything is
 * burnt, so that a client with an old document can send the same call again.
 *
 * @throws ServerError `unknownTransportKey`.
 */
export async function findTransportKey(
  transportKeys: TransportKeys,
  { share2 }: AuthorisedCall,
): Promise<HpkePrivateKey | null> {
  if (share2.form === "clear") return null;
  const key = await transportKeys.find(share2.message.keyId);
  if (key === undefined) throw new ServerError("unknownTransportKey");
  return key;
}
