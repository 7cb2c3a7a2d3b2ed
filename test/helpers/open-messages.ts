/**
 * Run as a process of its own: opens sealed messages, overwrites what came out, prints `opened` and stays until it is
 * killed. Arguments: the private key and then the messages, in hexadecimal.
 */
import { parseSealedMessage, share2Context } from "@vaultproof/protocol/sealed-message";
import { hpkePrivateKeyFromBytes, openSealed } from "@vaultproof/server/keys/hpke-open";
import { wipe } from "@vaultproof/server/secret-bytes";

const [privateKey = "", ...messages] = process.argv.slice(2);
const key = hpkePrivateKeyFromBytes(Buffer.from(privateKey, "hex"));
const context = share2Context({ slotId: "a", appId: "b", expiresAt: 1 });
for (const message of messages) wipe(openSealed(key, parseSealedMessage(message), context));
process.stdout.write("opened\n");
setInterval(() => undefined, 60_000);
