import { randomBytes, randomUUID } from "node:crypto";
import { destinationDigest } from "@vaultproof/protocol/destination";
import type { StoreRequest } from "@vaultproof/protocol/developer-routes";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { splitKey } from "@vaultproof/protocol/record";
import { seal } from "@vaultproof/protocol/seal";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import type { TestDeveloper } from "./signed-requests.js";

/** How to make a store request; what is left out is right. */
export interface StoreRequestOptions {
  readonly developer: TestDeveloper;
  /** X25519 key to seal to. */
  readonly storageKey: Uint8Array;
  readonly members?: Partial<StoreRequest>;
  /** What share 1 is sealed for, if not for what the request says. */
  readonly sealedFor?: Partial<{
    slotId: string;
    slotVersion: number;
    developer: TestDeveloper;
    baseUrl: string;
  }>;
  /** What is sealed in place of share 1. */
  readonly plaintext?: Uint8Array;
}

/** The body of a store as a device makes it, for an OpenAI key and one app unless told otherwise. */
export async function makeStoreRequest(options: StoreRequestOptions): Promise<StoreRequest> {
  const { developer, storageKey, sealedFor = {} } = options;
  const request = {
    keySlotId: randomUUID(),
    vaultCommitment: randomField(),
    provider: "openai" as const,
    label: "a key",
    apps: [{ appId: "my-app", leaf: randomField() }],
    ...options.members,
  };
  const destination = resolveDestination(request);
  const binding = {
    slotId: sealedFor.slotId ?? request.keySlotId,
    developerPublicKey: (sealedFor.developer ?? developer).identity.publicKey,
    destination: destinationDigest({ ...destination, baseUrl: sealedFor.baseUrl ?? destination.baseUrl }),
  };
  const { share1 } = splitKey(Buffer.from("sk-test-0123456789"), binding, (bytes) =>
    crypto.getRandomValues(bytes),
  );
  const context = share1Context({ ...binding, slotVersion: sealedFor.slotVersion ?? 1 });
  return { share1_encrypted: await seal(storageKey, context, options.plaintext ?? share1), ...request };
}

/** A field element other than zero, 64 hex digits. */
export function randomField(): string {
  return `00${randomBytes(31).toString("hex")}`;
}
