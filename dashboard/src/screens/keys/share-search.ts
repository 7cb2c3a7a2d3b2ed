import { parseBundle } from "@vaultproof/protocol/bundle";
import { createKeySearch } from "../../audit/key-search.js";
import { textOfRequest } from "../../audit/request-text.js";
import type { Leaving } from "./leaving.js";

/** Names of the apps' shares and bundles that stand in some requests; all of them have been sent by then. */
export function findShares(
  requests: Leaving["requests"],
  bundles: Readonly<Record<string, string>>,
): readonly string[] {
  const sent = requests.map(textOfRequest);
  return Object.entries(bundles).flatMap(([appId, bundle]) => {
    const { share2 } = parseBundle(bundle);
    const search = createKeySearch(share2);
    const share = sent.some((text) => search.find(text).length > 0);
    search.end();
    share2.fill(0);
    const whole = sent.some((text) => text.includes(bundle));
    return [...(share ? ["share 2"] : []), ...(whole ? [`the bundle of ${appId}`] : [])];
  });
}
