import { appTrees, requests, statements } from "./call-vectors.js";
import { canonicalJson, digests, fields } from "./encoding-vectors.js";
import { jcs } from "./encodings.js";
import { idSignatures } from "./identity-vectors.js";
import { developerKeys, records, sharesAtRest, wellKnown } from "./key-vectors.js";
import { logRows } from "./log-vectors.js";
import { bundles, sealedMessages } from "./message-vectors.js";
import { createCircuitHashes } from "./poseidon2.js";
import { destinations } from "./provider-vectors.js";

/** Content of every vector file of the protocol, by file name; the same at every run. */
export async function makeAllVectors() {
  const hashes = await createCircuitHashes();
  return {
    "app-trees.json": appTrees(hashes),
    "bundles.json": bundles(),
    "canonical-json.json": canonicalJson(),
    "destinations.json": destinations(),
    "developer-keys.json": developerKeys(),
    "digests.json": digests(),
    "fields.json": fields(),
    "id-signatures.json": idSignatures(),
    "log-rows.json": logRows(),
    "records.json": records(),
    "requests.json": requests(),
    "sealed-messages.json": sealedMessages(),
    "shares-at-rest.json": sharesAtRest(),
    "statements.json": statements(hashes),
    "well-known.json": wellKnown(jcs),
  };
}

export type AllVectors = Awaited<ReturnType<typeof makeAllVectors>>;

/** The text of a vector file. */
export function vectorText(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
