import { createHash } from "node:crypto";
import t from "tap";
import { manifest } from "@vaultproof/circuits/manifest";
import { verifierPoints } from "@vaultproof/server/proof/verifier-points";
import { findReferenceString, noReferenceString } from "../../helpers/reference-string.js";

void t.test("the point in G2 is the manifest's", (t) => {
  t.equal(createHash("sha256").update(verifierPoints.g2).digest("hex"), manifest.referenceString.g2Sha256);
  t.end();
});

const referenceString = findReferenceString();

void t.test(
  "the points are those of the string",
  { skip: referenceString ? false : noReferenceString },
  (t) => {
    const { g1, g2 } = referenceString ?? {};
    t.equal(verifierPoints.g1.length, 64 * verifierPoints.count);
    t.ok(g1 && Buffer.from(verifierPoints.g1).equals(g1.subarray(0, 128)));
    t.ok(g2 && Buffer.from(verifierPoints.g2).equals(g2));
    t.end();
  },
);
