import { randomBytes } from "node:crypto";
import { Barretenberg } from "@aztec/bb.js";
import { proofBytes, proofSettings, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { createVerifyFrame, isVerified } from "@vaultproof/server/proof/verify-frame";
import { pack } from "msgpackr";
import t from "tap";

const verificationKey = randomBytes(1888);
const count = proofBytes / wordBytes;

/** What bb.js itself sends for a statement. */
async function encodedByBbJs(words: readonly Uint8Array[]): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    const backend = {
      call: async (message: Uint8Array): Promise<Uint8Array> => {
        resolve(Uint8Array.from(message));
        return await new Promise(() => undefined);
      },
      destroy: () => Promise.resolve(),
    };
    const command = { verificationKey, proof: words.slice(0, count), publicInputs: words.slice(count) };
    new Barretenberg(backend, {}).circuitVerify({ ...command, settings: proofSettings }).catch(reject);
  });
}

void t.test("a frame is byte for byte what bb.js sends for that statement", async (t) => {
  const frame = await createVerifyFrame(verificationKey);
  const words = Array.from({ length: count + publicInputOrder.length }, () => randomBytes(wordBytes));
  const other = words.map(() => randomBytes(wordBytes));
  const first = frame(Uint8Array.from(Buffer.concat(words)));
  const second = frame(Uint8Array.from(Buffer.concat(other)));
  t.strictSame(
    Buffer.from(first),
    Buffer.from(await encodedByBbJs(words)),
    "a later call leaves it as it was",
  );
  t.strictSame(Buffer.from(second), Buffer.from(await encodedByBbJs(other)));
});

void t.test("only bb's own yes is a yes", (t) => {
  t.equal(isVerified(pack(["CircuitVerifyResponse", { verified: true }])), true);
  t.equal(isVerified(pack(["CircuitVerifyResponse", { verified: false }])), false);
  t.equal(isVerified(pack(["ErrorResponse", { message: "verified", verified: true }])), undefined);
  t.equal(isVerified(pack(["CircuitVerifyResponse", { verified: 1 }])), undefined);
  t.equal(isVerified(pack(["CircuitVerifyResponse"])), undefined);
  t.equal(isVerified(pack({ verified: true })), undefined);
  t.equal(isVerified(pack(null)), undefined);
  t.equal(isVerified(Buffer.from([0xc1])), undefined, "no msgpack at all");
  t.end();
});
