import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { recordLength } from "@vaultproof/protocol/record";
import { seal } from "@vaultproof/protocol/seal";
import { share2Context } from "@vaultproof/protocol/sealed-message";
import { generateHpkeKeyPair, hpkePrivateKeyBytes } from "@vaultproof/server/keys/hpke-open";
import t from "tap";
import { startChild } from "../helpers/child-process.js";
import { memorySkipReason, searchProcess } from "../helpers/process-memory.js";
import { createWindowSearch } from "../helpers/window-search.js";

const OPENER = fileURLToPath(new URL("../helpers/open-messages.js", import.meta.url));

/**
 * What `decipher.update()` returns was overwritten, but Node deciphers into other memory before, which it frees as it
 * is: the share that was opened last could be read there.
 */
void t.test(
  "an opened share that was overwritten is nowhere any more",
  { skip: await memorySkipReason() },
  async (t) => {
    const pair = generateHpkeKeyPair();
    const context = share2Context({ slotId: "a", appId: "b", expiresAt: 1 });
    const shares = [1, 90, 400, 900, 4096].map((keyLength) => ({
      name: `the share of a key of ${keyLength}`,
      bytes: randomBytes(recordLength(keyLength)),
    }));
    const messages = await Promise.all(shares.map(({ bytes }) => seal(pair.publicKey, context, bytes)));
    const privateKey = Buffer.from(hpkePrivateKeyBytes(pair)).toString("hex");
    const child = startChild(OPENER, { env: {}, args: [privateKey, ...messages] });
    t.teardown(() => child.stop("SIGKILL"));
    await child.waitFor(/opened/);
    t.same(searchProcess(child.pid, createWindowSearch(shares)).found, []);
  },
);
