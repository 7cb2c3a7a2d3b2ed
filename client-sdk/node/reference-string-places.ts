import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderPlace, urlPlace, type ReferenceStringPlace } from "./reference-string.js";

/** Where Aztec publishes the string, the second for when the first is down: the hosts that bb.js itself asks. */
const CDN_HOSTS = ["https://crs.aztec-cdn.foundation", "https://crs.aztec-labs.com"];

/**
 * The places that may have the reference string, the nearest first: the folder that somebody named, one beside the
 * checkout, bb's own, what was fetched before, the VaultProof server, and at last Aztec's.
 *
 * @param options.service origin of the server; left out by whoever has none.
 */
export function referenceStringPlaces(options: {
  readonly cacheFolder: string;
  readonly service: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  /** The folder that holds the packages' sources, if that is where this runs. */
  readonly checkout?: string;
}): ReferenceStringPlace[] {
  const { cacheFolder, service, fetch, env = process.env, home = homedir() } = options;
  const { checkout = fileURLToPath(new URL("../../../", import.meta.url)) } = options;
  const crsPath = env.CRS_PATH;
  return [
    ...(crsPath === undefined || crsPath === "" ? [] : [folderPlace("CRS_PATH", crsPath)]),
    ...(existsSync(join(checkout, "circuits"))
      ? [folderPlace("beside the checkout", join(checkout, "../shared/crs"))]
      : []),
    folderPlace("bb's folder", join(home, ".bb-crs")),
    folderPlace("what was fetched before", cacheFolder),
    ...(service === undefined ? [] : [servicePlace(service, fetch)]),
    ...CDN_HOSTS.map((host) =>
      urlPlace({ name: "Aztec's CDN", g1: `${host}/g1.dat`, g2: `${host}/g2.dat`, fetch }),
    ),
  ];
}

function servicePlace(service: string, fetch: typeof globalThis.fetch): ReferenceStringPlace {
  const at = `${service}/.well-known/vaultproof/crs`;
  return urlPlace({ name: "the VaultProof server", g1: `${at}/g1`, g2: `${at}/g2`, fetch });
}
