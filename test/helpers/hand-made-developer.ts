import { randomBytes, randomUUID } from "node:crypto";
import { formatBundle } from "@vaultproof/protocol/bundle";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { fieldToHex } from "@vaultproof/protocol/field";
import { digest } from "@vaultproof/protocol/framing";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { recordLength } from "@vaultproof/protocol/record";
import { appLeaf, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import {
  isSignedAnswer,
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type WireAnswer,
} from "./signed-requests.js";
import type { Stack } from "./stack.js";
import { makeStoreRequest } from "./store-request.js";
import { sendWire } from "./wire.js";

/** A registered developer who writes requests by hand: no client checks anything. */
export interface HandMadeDeveloper {
  /** Stores a key. In all members that are not given the request is right. */
  readonly store: (
    members: Readonly<Record<string, unknown>> & { readonly baseUrl: string },
  ) => Promise<WireAnswer>;
  /** Stores bytes that no client would take for a key, in a record that is right otherwise; gives a bundle. */
  readonly storeOddKey: (key: Uint8Array, baseUrl: string) => Promise<string>;
}

const DIGEST_BYTES = 32;
const APP_ID = "my-app";

/** Registers one through the stack's edge. */
export async function registerByHand({ edgeUrl, identity }: Stack): Promise<HandMadeDeveloper> {
  const developer = makeDeveloper();
  const document = (await (await fetch(`${edgeUrl}/.well-known/vaultproof`)).json()) as {
    identity: string;
    storageKey: string;
  };
  const storageKey = Buffer.from(document.storageKey, "base64url");
  const send = async (url: string, body: unknown): Promise<WireAnswer> => {
    const request = plainRequest("POST", url, { body });
    const signed = await signAsDeveloper(request, { developer, server: identity });
    const answer = await sendWire(edgeUrl, signed);
    if (!isSignedAnswer(answer, signed, Buffer.from(document.identity, "base64url"))) {
      throw new Error(`not the server's own answer: ${answer.status} ${Buffer.from(answer.body).toString()}`);
    }
    return answer;
  };
  const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
  await send("/api/v1/developers", { publicKey });

  return {
    async store(members) {
      const right = { provider: "custom" as const, baseUrl: "https://api.example" };
      // Sealed for what it says where that can be: then nothing but the destination is wrong with it.
      const sealedFor = URL.canParse(members.baseUrl) ? { baseUrl: new URL(members.baseUrl).origin } : {};
      const request = await makeStoreRequest({ developer, storageKey, sealedFor, members: right });
      return await send("/api/v1/keys/store", { ...request, ...members });
    },
    async storeOddKey(key, baseUrl) {
      const slotId = randomUUID();
      const destination = destinationDigest(resolveDestination({ provider: "custom", baseUrl }));
      const record = new Uint8Array(recordLength(key.length));
      record.set([1, key.length >> 8, key.length & 255]);
      record.set(key, 3);
      const body = record.subarray(0, record.length - DIGEST_BYTES);
      const owner = developer.identity.publicKey;
      record.set(digest("vaultproof record v1", slotId, owner, destination, body), body.length);
      const share2 = new Uint8Array(randomBytes(record.length));
      const [slotSecret, appSecret] = [randomField(), randomField()];
      const commitment = vaultCommitment(slotSecret, shareHash(slotId, share2));
      const request = await makeStoreRequest({
        ...{ developer, storageKey, plaintext: record.map((byte, i) => byte ^ (share2[i] ?? 0)) },
        members: {
          ...{ keySlotId: slotId, provider: "custom", baseUrl, vaultCommitment: fieldToHex(commitment) },
          apps: [{ appId: APP_ID, leaf: fieldToHex(appLeaf(APP_ID, appSecret)) }],
        },
      });
      const { status } = await send("/api/v1/keys/store", request);
      if (status !== 201) throw new Error(`not stored: ${status}`);
      return formatBundle({
        ...{ serverIdentity: identity, slotId, slotVersion: 1, providerOrigin: baseUrl, appId: APP_ID },
        ...{ slotSecret, appSecret, share2 },
      });
    },
  };
}

function randomField(): bigint {
  return BigInt(`0x${randomBytes(31).toString("hex")}`);
}
