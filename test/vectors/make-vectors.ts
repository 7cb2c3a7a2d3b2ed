import { writeFileSync } from "node:fs";
import { makeAllVectors, vectorText } from "./independent/all-vectors.js";

// Writes the vectors of the protocol, made by an implementation that shares nothing with @vaultproof/protocol:
// `npm run vectors --workspace test` after `npm run build`. A test compares what it would write with what is committed.

for (const [name, content] of Object.entries(await makeAllVectors())) {
  writeFileSync(new URL(`../../vectors/${name}`, import.meta.url), vectorText(content));
}
