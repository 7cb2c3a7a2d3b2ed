import { randomBytes } from "node:crypto";
import t from "tap";
import { startChild } from "../helpers/child-process.js";
import { canary, PLANTER, PLANTS } from "../helpers/memory-canaries.js";
import { memorySkipReason, searchProcess } from "../helpers/process-memory.js";
import { createWindowSearch } from "../helpers/window-search.js";

// A search of a process's memory that finds nothing proves something only if it would have found what is there.

const skip = await memorySkipReason();

void t.test("any 16 bytes in a row are found, wherever they lie", (t) => {
  const bytes = randomBytes(40);
  const search = createWindowSearch([{ name: "canary", bytes }]);
  for (let offset = 0; offset < 8; offset++) {
    for (let from = 0; from + 16 <= bytes.length; from++) {
      const place = Buffer.concat([Buffer.alloc(offset), bytes.subarray(from, from + 16), randomBytes(9)]);
      if (search(place).length === 0) t.fail(`16 bytes from ${from} at ${offset} are not found`);
      if (search(place.subarray(0, offset + 15)).length > 0) t.fail("15 bytes are found");
    }
  }
  t.same(search(randomBytes(1 << 20)), [], "and nothing where nothing is");
  t.end();
});

void t.test("what a process keeps is found in it, in every spelling", { skip }, async (t) => {
  const seed = randomBytes(16).toString("hex");
  const child = startChild(PLANTER, { env: {}, args: [seed] });
  t.teardown(() => child.stop("SIGKILL"));
  await child.waitFor(/planted/);
  const secrets = PLANTS.map(({ name }, index) => ({ name, bytes: new Uint8Array(canary(seed, index)) }));
  const { found, bytes } = searchProcess(child.pid, createWindowSearch(secrets));
  t.ok(bytes > 10_000_000, `${bytes} bytes were read`);
  for (const { name, foundAs } of PLANTS) {
    const spellings = found.filter((label) => label.startsWith(`${name} as `));
    if (foundAs === null) t.same(spellings, [], name);
    else t.ok(spellings.includes(`${name} as ${foundAs}`), `${name}: found ${spellings.join()}`);
  }
});
