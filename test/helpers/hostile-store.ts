import { randomBytes, randomUUID } from "node:crypto";
import { formatBundle } from "@vaultproof/protocol/bundle";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { bigEndian, digest } from "@vaultproof/protocol/framing";
import { fieldToHex } from "@vaultproof/protocol/field";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { seal } from "@vaultproof/protocol/seal";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import { appLeaf, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import { makeDeveloper, plainRequest, signAsDeveloper } from "./signed-requests.js";
import type { Stack } from "./stack.js";

/** Stores what the SDK would not, and gives the bundle of an app that calls with it. */
export type StoreAnyKey = (key: Uint8Array) => Promise<string>;

/** Registers a developer of whose client nobody knows what it does. */
export async function openHostileStore({ edgeUrl, identity, provider }: Stack): Promise<StoreAnyKey> {
  const developer = makeDeveloper();
  const { publicKey } = developer.identity;
  const post = async (url: string, body: unknown): Promise<void> => {
    const { headers, ...request } = await signAsDeveloper(plainRequest("POST", url, { body }), {
      developer,
      server: identity,
    });
    const answer = await fetch(edgeUrl + url, {
      ...{ method: "POST", headers },
      body: new Uint8Array(request.body),
    });
    if (answer.status !== 201) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  };
  await post("/api/v1/developers", { publicKey: Buffer.from(publicKey).toString("base64url") });
  const document = (await (await fetch(`${edgeUrl}/.well-known/vaultproof`)).json()) as {
    storageKey: string;
  };
  const storageKey = Buffer.from(document.storageKey, "base64url");
  return async (key) => {
    const slotId = randomUUID();
    const destination = resolveDestination({ provider: "custom", baseUrl: provider.origin });
    const binding = { slotId, developerPublicKey: publicKey, destination: destinationDigest(destination) };
    const record = writeRecord(key, binding);
    const share2 = new Uint8Array(randomBytes(record.length));
    const share1 = record.map((byte, i) => byte ^ (share2[i] ?? 0));
    const [slotSecret, appSecret] = [bigEndian(randomBytes(31)), bigEndian(randomBytes(31))];
    await post("/api/v1/keys/store", {
      ...{ keySlotId: slotId, provider: "custom", baseUrl: provider.origin, label: "whatever" },
      share1_encrypted: await seal(storageKey, share1Context({ ...binding, slotVersion: 1 }), share1),
      vaultCommitment: fieldToHex(vaultCommitment(slotSecret, shareHash(slotId, share2))),
      apps: [{ appId: "my-app", leaf: fieldToHex(appLeaf("my-app", appSecret)) }],
    });
    const app = { slotId, slotVersion: 1, appId: "my-app", slotSecret, appSecret, share2 };
    return formatBundle({ ...app, serverIdentity: identity, providerOrigin: provider.origin });
  };
}

/** A record whose digest is right, whatever the key. */
function writeRecord(key: Uint8Array, { slotId, developerPublicKey, destination }: Binding): Uint8Array {
  const body = Buffer.alloc(Math.ceil((3 + key.length) / 64) * 64);
  body[0] = 1;
  body.writeUInt16BE(key.length, 1);
  body.set(key, 3);
  return Buffer.concat([body, digest("vaultproof record v1", slotId, developerPublicKey, destination, body)]);
}

interface Binding {
  readonly slotId: string;
  readonly developerPublicKey: Uint8Array;
  readonly destination: Uint8Array;
}
