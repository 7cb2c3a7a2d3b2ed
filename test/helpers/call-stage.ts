import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { storeKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { destinationDigest, type Destination } from "@vaultproof/protocol/destination";
import { splitKey } from "@vaultproof/protocol/record";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { seal } from "@vaultproof/protocol/seal";
import { sealedMessageBytes, share1Context, share2Context } from "@vaultproof/protocol/sealed-message";
import { generateHpkeKeyPair, type HpkePrivateKey } from "@vaultproof/server/keys/hpke-open";
import type { ProofStatement } from "@vaultproof/server/proof/proof-verifier";
import type { Test } from "tap";
import { openAnyDatabase } from "./any-database.js";
import { startProvider, type LocalProvider } from "./provider.js";
import { plainRequest, signAsEdge } from "./signed-requests.js";
import { newSlot, storedDeveloper } from "./stored-slot.js";
import { openTestApp, type TestApp, type TestAppOptions } from "./test-app.js";

/** A server that takes every proof for good, with one slot and the provider that it is for. */
export interface CallStage {
  readonly db: Database;
  readonly app: TestApp["app"];
  /** Every log line. */
  readonly log: readonly string[];
  readonly provider: LocalProvider;
  readonly slotId: string;
  readonly transportKey: HpkePrivateKey;
  /** What the verifier was asked, in order. */
  readonly statements: readonly ProofStatement[];
  /** A call of the slot's app with a fresh nullifier and its share sealed, unless its members say otherwise. */
  makeCall(members?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Sends a call through the edge: an object as JSON, text as it is. */
  send(
    call: Record<string, unknown> | string,
    contentType?: string,
    origin?: string,
    clientIp?: string,
  ): Promise<Response>;
  /** Headers with which an edge sends such a body to the path of calls. */
  sign(
    body: string,
    contentType?: string,
    origin?: string,
    clientIp?: string,
  ): Promise<Record<string, string>>;
  /** Share 2 in clear, base64. */
  readonly share2: string;
}

/** What a test may choose of the stage. */
export interface StageOptions {
  readonly key?: string;
  readonly destination?: Partial<Destination>;
  readonly slotRestrictions?: Restrictions;
  readonly grantRestrictions?: Restrictions;
  readonly app?: TestAppOptions;
}

export const STAGE_KEY = "sk-stage-canary-7f3a";
const APP_ID = "my-app";
const CALL_PATH = "/api/v1/proxy/call";

/** Sets everything up; it goes when the test ends. */
export async function setCallStage(t: Test, options: StageOptions = {}): Promise<CallStage> {
  const db = await openAnyDatabase(t);
  const provider = await startProvider({ key: options.key ?? STAGE_KEY });
  t.teardown(() => provider.close());
  const statements: ProofStatement[] = [];
  const transportKey = generateHpkeKeyPair();
  const { app, edge, log, storageKeys } = await openTestApp(t, db, {
    allowInsecure: ["127.0.0.1"],
    allowPrivate: ["127.0.0.1"],
    ...options.app,
    overrides: {
      verifier: acceptingVerifier(statements),
      transportKeys: transportKeysOf(transportKey),
      ...options.app?.overrides,
    },
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });

  const destination: Destination = {
    ...{ provider: "custom", baseUrl: provider.origin, headerName: "authorization" },
    headerTemplate: "Bearer {key}",
    ...options.destination,
  };
  const sign: CallStage["sign"] = async (body, contentType = "application/json", origin, clientIp) => {
    const headers = { "content-type": contentType, ...(origin === undefined ? {} : { origin }) };
    const request = plainRequest("POST", CALL_PATH, { body: Buffer.from(body), headers });
    const from = clientIp === undefined ? { edge } : { edge, clientIp };
    return { ...(await signAsEdge(request, from)).headers };
  };
  const { slotId, share2 } = await storeKey(db, { storageKey: storageKeys.current, destination, options });
  return {
    ...{ db, app, log, provider, slotId, transportKey, statements },
    share2: Buffer.from(share2).toString("base64"),
    async makeCall(members = {}) {
      const expiresAt = Math.floor(await databaseTime(db)) + 120;
      const appId = typeof members.appId === "string" ? members.appId : APP_ID;
      const context = share2Context({ slotId, appId, expiresAt });
      const call: Record<string, unknown> = {
        keySlotId: slotId,
        share2_encrypted: await seal(transportKey.publicKey, context, share2),
        zkProof: "00".repeat(6464),
        nullifier: `00${randomBytes(31).toString("hex")}`,
        ...{ appId: APP_ID, targetPath: "/v1/models", method: "GET", expiresAt },
        ...members,
      };
      return Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined));
    },
    sign,
    async send(call, contentType, origin, clientIp) {
      const body = typeof call === "string" ? call : JSON.stringify(call);
      const headers = await sign(body, contentType, origin, clientIp);
      return await fetch(url + CALL_PATH, { method: "POST", headers, body: Buffer.from(body) });
    },
  };
}

async function storeKey(
  db: Database,
  about: { storageKey: HpkePrivateKey; destination: Destination; options: StageOptions },
): Promise<{ slotId: string; share2: Uint8Array }> {
  const { storageKey, destination, options } = about;
  const developer = await storedDeveloper(db);
  const slot = newSlot(developer.id, {
    ...destination,
    serverKeyId: storageKey.id,
    restrictions: options.slotRestrictions,
    grants: [{ appId: APP_ID, leaf: randomBytes(32), restrictions: options.grantRestrictions }],
  });
  const binding = {
    ...{ slotId: slot.id, developerPublicKey: developer.publicKey },
    destination: destinationDigest(destination),
  };
  const key = Buffer.from(options.key ?? STAGE_KEY);
  const { share1, share2 } = splitKey(key, binding, (bytes) => void crypto.getRandomValues(bytes));
  const sealed = await seal(storageKey.publicKey, share1Context({ ...binding, slotVersion: 1 }), share1);

  await db.transaction((tx) => storeKeySlot(tx, { ...slot, share1Encrypted: sealedMessageBytes(sealed) }));
  return { slotId: slot.id, share2 };
}

function acceptingVerifier(statements: ProofStatement[]) {
  return {
    verify: (statement: ProofStatement) => {
      statements.push(statement);
      return Promise.resolve(true);
    },
    stats: () => ({ workers: 1, queued: 0, restarts: 0, backend: "wasm" as const }),
    close: () => Promise.resolve(),
  };
}

function transportKeysOf(key: HpkePrivateKey) {
  return {
    find: (id: Uint8Array) => Promise.resolve(Buffer.compare(id, key.id) === 0 ? key : undefined),
    published: () => [{ publicKey: key.publicKey, notAfter: Number.MAX_SAFE_INTEGER }],
    refresh: () => Promise.resolve(),
  };
}

/** What came back: status, whose it is, and the body, parsed where it is JSON. */
export async function answerOf(
  response: Response,
): Promise<{ status: number; source: string | null; body: unknown }> {
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.startsWith("application/json") === true;
  return {
    status: response.status,
    source: response.headers.get("vp-source"),
    body: isJson ? (JSON.parse(text) as unknown) : text,
  };
}
