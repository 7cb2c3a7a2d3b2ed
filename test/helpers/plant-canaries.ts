/**
 * Run as a process of its own: plants canaries in its memory, each in one spelling, wipes what it made them from, and
 * stays until it is killed. Argument: the seed.
 */
import { canary, PLANTS } from "./memory-canaries.js";

const planted: unknown[] = [];
for (const [index, { keep }] of PLANTS.entries()) {
  const bytes = Buffer.from(canary(process.argv[2] ?? "", index));
  planted.push(keep(bytes));
  bytes.fill(0);
}
process.stdout.write("planted\n");
setInterval(() => planted.length, 60_000);
