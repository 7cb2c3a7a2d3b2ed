import { createHash } from "node:crypto";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import type { Database } from "@vaultproof/db/database";
import { insertDeveloper } from "@vaultproof/db/queries/insert-developer";
import { storeKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { hpkePrivateKeyFromBytes } from "@vaultproof/server/keys/hpke-open";
import { createStorageKeys } from "@vaultproof/server/keys/storage-keys";
import { createVerifierPool } from "@vaultproof/server/proof/verifier-pool";
import type { Upstream, UpstreamRequest } from "@vaultproof/server/upstream/upstream";
import type { Test } from "tap";
import type { WholeCallVectors } from "../vectors/independent/whole-calls.js";
import { plainRequest } from "./signed-requests.js";
import { openAtTime } from "./stopped-clock.js";
import { openTestApp, type TestAnswer } from "./test-app.js";
import { readVectorText } from "./vectors.js";

/** What went out to the provider, with the key as text. */
export type SentUpstream = UpstreamRequest & { readonly key: string };

/** A server at the vectors' time, with their slot and their keys. */
export interface VectorServer {
  readonly db: Database;
  /** Sets the database's clock, Unix seconds. */
  setTime(now: number): Promise<void>;
  /** What was sent to the provider so far. */
  readonly sent: readonly SentUpstream[];
  /** Sends the body of a call through the edge. */
  call(body: object): Promise<Pick<TestAnswer, "status" | "json">>;
  /** How many nullifiers are burnt. */
  burnt(): Promise<number>;
}

/** The committed calls with their proofs. */
export function readWholeCalls(): WholeCallVectors {
  return JSON.parse(readVectorText("calls.json")) as WholeCallVectors;
}

/** Everything real but the way out, which notes what it is given and answers 200. */
export async function openVectorServer(t: Test, vectors: WholeCallVectors): Promise<VectorServer> {
  const { db, setTime } = await openAtTime(vectors.now);
  const verifier = await createVerifierPool({ verificationKey, size: 1 });
  const sent: SentUpstream[] = [];
  const transportKey = hpkePrivateKeyFromBytes(Buffer.from(vectors.transportPrivateKey, "hex"));
  const current = Buffer.from(vectors.serverEncryptionKey, "base64");
  const app = await openTestApp(t, db, {
    overrides: {
      verifier,
      storageKeys: createStorageKeys({ current, old: [] }),
      transportKeys: {
        find: (id) => Promise.resolve(Buffer.compare(id, transportKey.id) === 0 ? transportKey : undefined),
        published: () => [{ publicKey: transportKey.publicKey, notAfter: vectors.now + 3600 }],
        refresh: () => Promise.resolve(),
      },
      upstream: notingUpstream(sent),
    },
  });
  t.teardown(async () => {
    await verifier.close();
    await db.close();
  });
  await storeVectorSlot(db, vectors);
  return {
    ...{ db, setTime, sent },
    call: async (body) => await app.sendThroughEdge(plainRequest("POST", "/api/v1/proxy/call", { body })),
    async burnt() {
      const { rows } = await db.query<{ burnt: number }>({
        text: "SELECT count(*)::integer AS burnt FROM nullifiers",
      });
      return rows[0]?.burnt ?? NaN;
    },
  };
}

function notingUpstream(sent: SentUpstream[]): Upstream {
  return {
    allowsOrigin: () => true,
    send: (request, key) => {
      sent.push({ ...request, key: Buffer.from(key).toString("latin1") });
      return Promise.resolve({ answer: Promise.resolve({ status: 200, headers: {}, body: null }) });
    },
    close: () => Promise.resolve(),
  };
}

async function storeVectorSlot(db: Database, { developer, slot }: WholeCallVectors): Promise<void> {
  const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
  await insertDeveloper(db, { ...developer, publicKey: bytes(developer.publicKey), label: "vectors" });
  await db.transaction((tx) =>
    storeKeySlot(tx, {
      ...slot,
      developerId: developer.id,
      label: "vectors",
      share1Encrypted: bytes(slot.share1Encrypted),
      serverKeyId: bytes(slot.serverKeyId),
      vaultCommitment: bytes(slot.vaultCommitment),
      appRoot: bytes(slot.appRoot),
      storeDigest: createHash("sha256").update(slot.id).digest(),
      grants: slot.grants.map(({ appId, leaf }) => ({ appId, leaf: bytes(leaf) })),
    }),
  );
}
