import { randomBytes } from "node:crypto";
import { manifest } from "@vaultproof/circuits/manifest";
import type { Database } from "@vaultproof/db/database";
import { buildApp, type AppDependencies } from "@vaultproof/server/app";
import { createServerIdentity, type ServerIdentity } from "@vaultproof/server/keys/identity";
import { createStorageKeys, type StorageKeys } from "@vaultproof/server/keys/storage-keys";
import { createTransportKeys } from "@vaultproof/server/keys/transport-keys";
import { loggerOptions } from "@vaultproof/server/logging";
import { SecretBytes } from "@vaultproof/server/secret-bytes";
import { createEgressPolicy } from "@vaultproof/server/upstream/egress-policy";
import { createUpstream } from "@vaultproof/server/upstream/upstream";
import { findReferenceString } from "@vaultproof/server/well-known/reference-string";
import type { FastifyInstance } from "fastify";
import type { Test } from "tap";
import { hasUnlisted } from "./logged-members.js";
import {
  isSignedAnswer,
  makeDeveloper,
  makeEdge,
  plainRequest,
  signAsDeveloper,
  signAsEdge,
  type TestDeveloper,
  type TestEdge,
  type WireRequest,
} from "./signed-requests.js";

/** What a test may change about the server under test. */
export interface TestAppOptions {
  readonly config?: Partial<AppDependencies["config"]>;
  readonly allowInsecure?: readonly string[];
  readonly allowPrivate?: readonly string[];
  readonly overrides?: Partial<AppDependencies>;
}

/** An answer with its body read as JSON where it is JSON. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly json: unknown;
}

/** A whole server without a network: requests are injected, with the edge's signature. */
export interface TestApp {
  readonly app: FastifyInstance;
  readonly db: Database;
  readonly edge: TestEdge;
  readonly identity: ServerIdentity;
  readonly storageKeys: StorageKeys;
  /** Every log line, at trace level. */
  readonly log: readonly string[];
  /** Sends a request exactly as it is. */
  send(request: WireRequest): Promise<TestAnswer>;
  /** Sends a request through the edge. */
  sendThroughEdge(request: WireRequest): Promise<TestAnswer>;
  /** Sends a developer's request; the test fails if the answer is not the server's own. */
  manage(
    developer: TestDeveloper,
    method: "GET" | "POST",
    url: string,
    body?: unknown,
  ): Promise<Pick<TestAnswer, "status" | "json">>;
  /** A developer who has registered. */
  registered(): Promise<TestDeveloper>;
}

/** Builds the server on a database; the proof verifier is one that accepts nothing. */
export async function openTestApp(t: Test, db: Database, options: TestAppOptions = {}): Promise<TestApp> {
  const edge = makeEdge();
  const log: string[] = [];
  const clock = () => Date.now() / 1000;
  const identity = createServerIdentity(randomBytes(32));
  const secret = randomBytes(32);
  const storageKeys = createStorageKeys({ current: secret, old: [] });
  const { allowInsecure = [], allowPrivate = [] } = options;
  const upstream = createUpstream({
    policy: createEgressPolicy({ allowInsecure, allowPrivate }),
    timeouts: { connect: 1000, headers: 1000, idle: 1000, total: 5000 },
  });
  const app = buildApp({
    config: {
      edgeSecrets: [{ id: edge.id, secret: new SecretBytes(edge.secret) }],
      registration: "open",
      invites: [],
      bodyLimit: 64 * 1024,
      slotCallsPerMinute: 0,
      slotsPerDeveloper: 0,
      developerRequestsPerMinute: 0,
      requireSealedShares: false,
      identitiesOld: [],
      ...options.config,
    },
    ...{ db, identity, storageKeys, upstream, manifest, clock },
    transportKeys: await createTransportKeys({ db, secrets: [secret], clock, lookupSpacingMs: 0 }),
    verifier: refusingVerifier,
    referenceString: (await findReferenceString({ crsPath: process.env.CRS_PATH, manifest })).found,
    logger: loggerOptions("trace", {
      write(line) {
        log.push(line);
        if (hasUnlisted(line)) t.fail(`log-allowlist.ts does not know a member that is logged: ${line}`);
      },
    }),
    ...options.overrides,
  });
  t.teardown(async () => {
    // Node waits for connections that have not made a request yet, such as those that fetch opens ahead.
    app.server.closeAllConnections();
    await app.close();
    await upstream.close();
  });
  return { app, db, edge, identity, storageKeys, log, ...clientOf(t, { app, edge, identity }) };
}

const refusingVerifier: AppDependencies["verifier"] = {
  verify: () => Promise.resolve(false),
  stats: () => ({ workers: 1, queued: 0, restarts: 0, backend: "wasm" }),
  close: () => Promise.resolve(),
};

function clientOf(
  t: Test,
  { app, edge, identity }: { app: FastifyInstance; edge: TestEdge; identity: ServerIdentity },
): Pick<TestApp, "send" | "sendThroughEdge" | "manage" | "registered"> {
  const client: ReturnType<typeof clientOf> = {
    async send({ method, url, headers, body }) {
      const answer = await app.inject({
        method: method as "GET",
        url,
        headers,
        ...(body.length === 0 ? {} : { payload: body }),
      });
      const isJson =
        answer.payload !== "" && String(answer.headers["content-type"]).startsWith("application/json");
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.rawPayload,
        json: isJson ? (JSON.parse(answer.payload) as unknown) : undefined,
      };
    },
    sendThroughEdge: async (request) => await client.send(await signAsEdge(request, { edge })),
    async manage(developer, method, url, body) {
      const request = plainRequest(method, url, { body });
      const signed = await signAsDeveloper(request, { developer, server: identity.fingerprint });
      const answer = await client.sendThroughEdge(signed);
      t.ok(
        isSignedAnswer(answer, signed, identity.publicKey),
        `${method} ${url} is answered by the server itself`,
      );
      return { status: answer.status, json: answer.json };
    },
    async registered() {
      const developer = makeDeveloper();
      const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
      await client.manage(developer, "POST", "/api/v1/developers", { publicKey });
      return developer;
    },
  };
  return client;
}
