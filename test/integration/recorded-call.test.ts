import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { seal } from "@vaultproof/protocol/seal";
import { parseSealedMessage, share2Context } from "@vaultproof/protocol/sealed-message";
import { hpkePrivateKeyFromBytes, openSealed } from "@vaultproof/server/keys/hpke-open";
import { createTransportKeys } from "@vaultproof/server/keys/transport-keys";
import { createTransportWrapping } from "@vaultproof/server/keys/transport-wrapping";
import t from "tap";
import { dumpTables } from "../helpers/database-dump.js";
import { createSecretSearch } from "../helpers/secret-search.js";
import { openAtTime } from "../helpers/stopped-clock.js";

// Somebody records calls on the wire, and later gets hold of the whole database and of SERVER_ENCRYPTION_KEY.

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = 1_790_000_000;
const serverEncryptionKey = randomBytes(32);
const context = share2Context({ slotId: "a", appId: "b", expiresAt: START + 60 });

/** What the thief makes of it: share 2 by any key in the database, or null. */
async function openRecorded(db: Database, recorded: string): Promise<Buffer | null> {
  const wrapping = createTransportWrapping([serverEncryptionKey]);
  for (const row of await listTransportKeys(db)) {
    const privateKey = wrapping.unwrap(row, row.wrappedPrivateKey);
    if (privateKey === null) throw new Error("the thief has the key to every row");
    try {
      return Buffer.from(
        openSealed(hpkePrivateKeyFromBytes(privateKey), parseSealedMessage(recorded), context),
      );
    } catch {
      // Sealed to another one.
    }
  }
  return null;
}

void t.test("a recorded call opens for two days, and never again", async (t) => {
  const { db, setTime } = await openAtTime(START);
  t.teardown(() => db.close());
  let now = START;
  const goTo = async (time: number): Promise<void> => {
    now = time;
    await setTime(time);
  };
  const secrets = [serverEncryptionKey];
  const keys = await createTransportKeys({ db, secrets, clock: () => now, lookupSpacingMs: 0 });
  const [published] = keys.published();
  if (published === undefined) throw new Error("no key is published");
  const share2 = randomBytes(96);
  const recorded = await seal(published.publicKey, context, share2);
  const { keyId } = parseSealedMessage(recorded);
  const [row] = await listTransportKeys(db);
  const wrapped = { name: "the wrapped key", bytes: Buffer.from(row?.wrappedPrivateKey ?? "") };
  const search = createSecretSearch([wrapped]);
  const dumped = async (): Promise<string[]> => [...(await dumpTables(db)).values()].flatMap(search);

  for (let hours = 1; hours <= 48; hours++) {
    await goTo(START + hours * HOUR);
    await keys.refresh();
    if (hours % 12 !== 0) continue;
    t.same(await openRecorded(db, recorded), share2, `${hours} hours later the thief reads it`);
    t.not((await dumped()).length, 0, "with what is in the database");
  }
  const made = keys.published().filter(({ notAfter }) => notAfter > START + DAY);
  t.not(made.length, 0, "meanwhile there are others");

  await goTo(published.notAfter + DAY + 1);
  await keys.refresh();
  t.equal(await openRecorded(db, recorded), null, "after that nothing in the database opens it");
  t.same(await dumped(), [], "or holds the key in any form");
  t.equal(await keys.find(keyId), undefined, "nor does a server that was there all the time");
  now = START;
  t.equal(await keys.find(keyId), undefined, "whatever time it takes it to be");
  t.not((await listTransportKeys(db)).length, 0);
});
