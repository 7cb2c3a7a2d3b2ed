import { randomBytes } from "node:crypto";
import { Barretenberg } from "@aztec/bb.js";
import { proofBytes, proofSettings, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { Unpackr } from "msgpackr";
import type { StatementWords } from "./verifier-worker.js";

/** Composes the message that asks bb about a statement. */
export type VerifyFrame = (statement: StatementWords) => Uint8Array;

const unpackr = new Unpackr({ useRecords: false });

/**
 * Makes the msgpack message for one verification key: bb.js encodes it once, over random words, and each statement's
 * words are then written over those. Encoding 207 small arrays anew for each proof costs more than the rest of handing
 * it over.
 *
 * @throws Error if the message does not hold the words as they are, 32 bytes in a row each.
 */
export async function createVerifyFrame(verificationKey: Uint8Array): Promise<VerifyFrame> {
  const proofWords = proofBytes / wordBytes;
  const markers = Array.from({ length: proofWords + publicInputOrder.length }, () => randomBytes(wordBytes));
  const frame = await encode({
    verificationKey,
    proof: markers.slice(0, proofWords),
    publicInputs: markers.slice(proofWords),
  });
  const offsets = markers.map((marker) => {
    const offset = frame.indexOf(marker);
    if (offset === -1) throw new Error("bb.js encodes words in another form");
    return offset;
  });
  return (statement) => {
    const message = Uint8Array.from(frame);
    // Byte by byte: a view for each of 207 words costs several times as much.
    for (let word = 0, from = 0; word < offsets.length; word += 1) {
      let to = offsets[word] ?? 0;
      for (const end = from + wordBytes; from < end; from += 1, to += 1) message[to] = statement[from] ?? 0;
    }
    return message;
  };
}

/** Whether bb's answer says that the proof holds; undefined if it is no such answer, which is how bb reports an error. */
export function isVerified(answer: Uint8Array): boolean | undefined {
  const [name, result] = read(answer);
  if (name !== "CircuitVerifyResponse" || typeof result !== "object" || result === null) return undefined;
  const verified = "verified" in result ? result.verified : undefined;
  return typeof verified === "boolean" ? verified : undefined;
}

function read(answer: Uint8Array): readonly unknown[] {
  try {
    const message: unknown = unpackr.unpack(answer);
    return Array.isArray(message) ? message : [];
  } catch {
    return [];
  }
}

/** What bb.js would send. */
async function encode(statement: {
  readonly verificationKey: Uint8Array;
  readonly proof: Uint8Array[];
  readonly publicInputs: Uint8Array[];
}): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const recorder = {
      call: async (message: Uint8Array): Promise<Uint8Array> => {
        resolve(Buffer.from(message));
        return await new Promise(() => undefined);
      },
      destroy: () => Promise.resolve(),
    };
    new Barretenberg(recorder, {}).circuitVerify({ ...statement, settings: proofSettings }).catch(reject);
  });
}
