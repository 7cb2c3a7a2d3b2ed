import { randomUUID } from "node:crypto";
import { deriveSlotSecret, formatDeveloperKey, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { fromHex } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { maskShare, rebuildKey, splitKey } from "@vaultproof/protocol/record";
import type { RefreshRequest, RotateRequest } from "@vaultproof/protocol/rotation-routes";
import { seal } from "@vaultproof/protocol/seal";
import { maskContext, parseSealedBytes, share1Context } from "@vaultproof/protocol/sealed-message";
import { shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import { openSealed } from "@vaultproof/server/keys/hpke-open";
import type { StorageKeys } from "@vaultproof/server/keys/storage-keys";
import { plainRequest, type TestDeveloper } from "./signed-requests.js";
import { randomField } from "./store-request.js";
import type { TestAnswer, TestApp } from "./test-app.js";

/** A share 2 with the request that makes it the slot's. */
export interface Change<Request> {
  readonly share2: Uint8Array<ArrayBuffer>;
  readonly request: Request;
}

/** A slot whose owner has both shares in hand. */
export interface RotatedSlot {
  readonly slotId: string;
  readonly share2: Uint8Array<ArrayBuffer>;
  makeRotate(
    key: string,
    fromVersion: number,
    sealedFor?: { slotVersion?: number },
  ): Promise<Change<RotateRequest>>;
  makeRefresh(
    share2: Uint8Array,
    fromVersion: number,
    options?: { boundTo?: Partial<Parameters<typeof maskContext>[0]>; maskBytes?: number; to?: Uint8Array },
  ): Promise<Change<RefreshRequest>>;
  post(
    action: "rotate" | "refresh",
    request: unknown,
    by?: TestDeveloper,
  ): Promise<Pick<TestAnswer, "status" | "json">>;
  /** The row as it is. */
  row(): Promise<SlotRow>;
  /** The key that the row's share 1 gives with this share 2; throws if they do not belong together. */
  keyWith(share2: Uint8Array, storageKeys?: StorageKeys): Promise<string>;
}

export interface SlotRow {
  readonly version: number;
  readonly share1: Uint8Array;
  readonly serverKeyId: Uint8Array;
  readonly commitment: string;
  readonly appRoot: string;
  readonly rotatedAt: number | null;
}

const SLOT_SECRET_KEY = parseDeveloperKey(formatDeveloperKey("test", new Uint8Array(32).fill(7)));
const DESTINATION = resolveDestination({ provider: "openai" });

/** Stores a key by hand. */
export async function storeRotatedSlot(
  server: TestApp,
  developer: TestDeveloper,
  key = "sk-first-0123456789",
): Promise<RotatedSlot> {
  const slotId = randomUUID();
  const binding = {
    ...{ slotId, developerPublicKey: developer.identity.publicKey },
    destination: destinationDigest(DESTINATION),
  };
  const commit = (share2: Uint8Array): string =>
    fieldToHex(vaultCommitment(deriveSlotSecret(SLOT_SECRET_KEY, slotId), shareHash(slotId, share2)));
  const split = async (text: string, slotVersion: number) => {
    const { share1, share2 } = splitKey(Buffer.from(text), binding, (bytes) => crypto.getRandomValues(bytes));
    const context = share1Context({ ...binding, slotVersion });
    return { share2, share1_encrypted: await seal(server.storageKeys.current.publicKey, context, share1) };
  };
  const readRow = async (): Promise<SlotRow> => {
    const text = `
      SELECT version, share1_encrypted AS share1, server_key_id AS "serverKeyId", rotated_at AS "rotatedAt",
             encode(vault_commitment, 'hex') AS commitment, encode(app_root, 'hex') AS "appRoot"
        FROM key_slots WHERE id = $1`;
    const { rows } = await server.db.query<SlotRow>({ text, values: [slotId] });
    if (rows[0] === undefined) throw new Error("no such slot");
    return rows[0];
  };

  const first = await split(key, 1);
  const apps = [{ appId: "my-app", leaf: randomField() }];
  const stored = await server.manage(developer, "POST", "/api/v1/keys/store", {
    ...{ keySlotId: slotId, share1_encrypted: first.share1_encrypted, vaultCommitment: commit(first.share2) },
    ...{ provider: "openai", label: "a key", apps },
  });
  if (stored.status !== 201) throw new Error(`store answered ${stored.status}`);
  return {
    slotId,
    share2: first.share2,
    async makeRotate(text, fromVersion, { slotVersion = fromVersion + 1 } = {}) {
      const { share2, share1_encrypted } = await split(text, slotVersion);
      return { share2, request: { share1_encrypted, vaultCommitment: commit(share2), fromVersion } };
    },
    async makeRefresh(before, fromVersion, { boundTo = {}, maskBytes = before.length, to } = {}) {
      const mask = crypto.getRandomValues(new Uint8Array(maskBytes));
      const share2 = new Uint8Array(before);
      if (maskBytes === before.length) maskShare(share2, mask);
      const commitment = commit(share2);
      const context = maskContext({ slotId, fromVersion, vaultCommitment: fromHex(commitment), ...boundTo });
      const mask_encrypted = await seal(to ?? (await transportKeyOf(server)), context, mask);
      return { share2, request: { mask_encrypted, vaultCommitment: commitment, fromVersion } };
    },
    post: (action, request, by = developer) =>
      server.manage(by, "POST", `/api/v1/keys/${slotId}/${action}`, request),
    row: readRow,
    async keyWith(share2, storageKeys = server.storageKeys) {
      const { share1, version } = await readRow();
      const message = parseSealedBytes(new Uint8Array(share1));
      const storageKey = storageKeys.find(message.keyId);
      if (storageKey === undefined) throw new Error("sealed to a key that is not here");
      const opened = openSealed(storageKey, message, share1Context({ ...binding, slotVersion: version }));
      return Buffer.from(rebuildKey(opened, share2, binding)).toString();
    },
  };
}

/** A transport key that this server publishes. */
export async function transportKeyOf(server: TestApp): Promise<Uint8Array> {
  const answer = await server.sendThroughEdge(plainRequest("GET", "/.well-known/vaultproof"));
  const { transportKeys } = answer.json as { transportKeys: { publicKey: string }[] };
  return new Uint8Array(Buffer.from(transportKeys[0]?.publicKey ?? "", "base64url"));
}
