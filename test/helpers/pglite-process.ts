/**
 * A process of its own that opens PGlite on a folder, burns one call, prints what it burnt as JSON and then stays
 * until it is killed. Argument: the folder.
 */
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";
import { burnNullifier } from "@vaultproof/db/queries/burn-nullifier";
import { burnRequest, storedSlot } from "./stored-slot.js";

const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error("usage: pglite-process <folder>");
const db = await openPglite({ dataDir });
await migrate(db);
await ensurePartitions(db);
const call = await burnRequest(db, await storedSlot(db));
const { outcome } = await burnNullifier(db, call);
const nullifier = Buffer.from(call.nullifier).toString("hex");
process.stdout.write(`${JSON.stringify({ ...call, nullifier, outcome })}\n`);
setInterval(() => undefined, 60_000);
