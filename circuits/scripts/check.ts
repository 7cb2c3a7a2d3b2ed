import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeDifference } from "./describe-difference.js";
import { readReferenceString } from "./reference-string.js";
import { circuitsFolder, rebuild } from "./rebuild.js";

// `npm run circuits:check`: exits with 1 if what is committed is not what the circuit's source and the pinned tools
// make.
const referenceString = await readReferenceString();
if (!referenceString && process.env.CI)
  throw new Error("Checking the verification key needs the reference string: set CRS_PATH to its folder.");

const rebuilt = await rebuild(
  referenceString
    ? { referenceString }
    : { verificationKey: await readFile(join(circuitsFolder, "artifacts/vk.bin")) },
);
let differing = 0;
for (const [path, expected] of rebuilt) {
  const committed = await readFile(join(circuitsFolder, path)).catch(() => undefined);
  if (committed && Buffer.compare(committed, expected) === 0) continue;
  differing += 1;
  console.error(`circuits/${path} ${committed ? describeDifference(committed, expected) : "is missing"}`);
}
if (differing > 0) {
  console.error("Run `npm run circuits:build` if the circuit was changed on purpose.");
  process.exitCode = 1;
} else {
  console.log(
    referenceString
      ? `${rebuilt.size} artifacts are as rebuilt`
      : `${rebuilt.size} artifacts are as rebuilt; the verification key was not derived anew (no reference string)`,
  );
}
