import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readReferenceString } from "./reference-string.js";
import { circuitsFolder, rebuild } from "./rebuild.js";

// `npm run circuits:build`: writes the artifacts of key_auth after the circuit or its tools changed.
const referenceString = await readReferenceString();
if (!referenceString)
  throw new Error("Deriving the verification key needs the reference string: set CRS_PATH to its folder.");

for (const [path, bytes] of await rebuild({ referenceString })) {
  const target = join(circuitsFolder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
  console.log(`wrote circuits/${path} (${bytes.length} bytes)`);
}
