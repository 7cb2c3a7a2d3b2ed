import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { storeRotatedSlot } from "./rotated-slot.js";
import { makeDeveloper, type TestDeveloper } from "./signed-requests.js";
import { makeStoreRequest, randomField } from "./store-request.js";
import type { TestApp } from "./test-app.js";

/** A developer who may use every route, at a server. */
export interface ManagementScene {
  readonly server: TestApp;
  readonly developer: TestDeveloper;
}

/** What a route is sent: everything but signatures. */
export interface ManagementRequest {
  readonly url: string;
  readonly body?: unknown;
}

/** A request that its route accepts, and the same about another slot. */
export interface ValidRequest extends ManagementRequest {
  /** Who signs, if not the developer of the scene. */
  readonly signer?: TestDeveloper;
  readonly status: number;
  /** Left out where a route names no slot. */
  readonly about?: (slotId: string) => ManagementRequest;
}

const APP_ID = "my-app";

/** A slot of a developer's own, with one app. */
export async function storeSlot({ server, developer }: ManagementScene): Promise<string> {
  const body = await makeStoreRequest({ developer, storageKey: server.storageKeys.current.publicKey });
  const { status } = await server.manage(developer, "POST", "/api/v1/keys/store", body);
  if (status !== 201) throw new Error(`store answered ${status}`);
  return body.keySlotId;
}

/** A request about a slot, valid for a fresh one. */
function aboutSlot(status: number, about: (slotId: string) => ManagementRequest) {
  return async (scene: ManagementScene): Promise<ValidRequest> => ({
    ...about(await storeSlot(scene)),
    status,
    about,
  });
}

/** A request that names no slot. */
function plain(url: string) {
  return (): Promise<ValidRequest> => Promise.resolve({ url, status: 200 });
}

/** Every route behind a developer's signature, each with how a valid request of it is made. */
export const MANAGEMENT_ROUTES: Readonly<Record<string, (scene: ManagementScene) => Promise<ValidRequest>>> =
  {
    "POST /api/v1/developers": () => {
      const signer = makeDeveloper();
      const publicKey = Buffer.from(signer.identity.publicKey).toString("base64url");
      return Promise.resolve({ url: "/api/v1/developers", body: { publicKey }, signer, status: 201 });
    },
    "POST /api/v1/keys/store": async ({ server, developer }) => ({
      url: "/api/v1/keys/store",
      body: await makeStoreRequest({ developer, storageKey: server.storageKeys.current.publicKey }),
      status: 201,
    }),
    "GET /api/v1/keys/list": aboutSlot(200, (slotId) => ({ url: `/api/v1/keys/list?after=${slotId}` })),
    "POST /api/v1/keys/revoke/:keySlotId": aboutSlot(200, (slotId) => ({
      url: `/api/v1/keys/revoke/${slotId}`,
      body: {},
    })),
    "POST /api/v1/keys/:keySlotId/grant": aboutSlot(201, (slotId) => ({
      url: `/api/v1/keys/${slotId}/grant`,
      body: { appId: "another-app", leaf: randomField() },
    })),
    "POST /api/v1/keys/:keySlotId/revoke-app": aboutSlot(200, (slotId) => ({
      url: `/api/v1/keys/${slotId}/revoke-app`,
      body: { appId: APP_ID },
    })),
    "POST /api/v1/keys/:keySlotId/rotate": async ({ server, developer }) => {
      const slot = await storeRotatedSlot(server, developer);
      const { request } = await slot.makeRotate("sk-second", 1);
      const about = (slotId: string) => ({ url: `/api/v1/keys/${slotId}/rotate`, body: request });
      return { ...about(slot.slotId), status: 200, about };
    },
    "POST /api/v1/keys/:keySlotId/refresh": async ({ server, developer }) => {
      const slot = await storeRotatedSlot(server, developer);
      const { request } = await slot.makeRefresh(slot.share2, 1);
      const about = (slotId: string) => ({ url: `/api/v1/keys/${slotId}/refresh`, body: request });
      return { ...about(slot.slotId), status: 200, about };
    },
    "GET /api/v1/keys/:keySlotId/logs": aboutSlot(200, (slotId) => ({
      url: `/api/v1/keys/${slotId}/logs?page=1&limit=5`,
    })),
    "GET /api/v1/keys/:keySlotId/logs/export": aboutSlot(200, (slotId) => ({
      url: `/api/v1/keys/${slotId}/logs/export`,
    })),
    "GET /api/v1/developers/logs": plain("/api/v1/developers/logs?page=1"),
    "GET /api/v1/developers/logs/export": plain("/api/v1/developers/logs/export"),
    "GET /api/v1/stats/overview": plain("/api/v1/stats/overview"),
    "GET /api/v1/stats/usage": plain("/api/v1/stats/usage?days=7"),
    "GET /api/v1/stats/by-key": plain("/api/v1/stats/by-key"),
  };

/** Routes under the same paths that need no signature, each for a reason of the protocol's. */
export const UNSIGNED_ROUTES: readonly string[] = [
  // Public data behind a leaf that nobody can guess.
  "GET /api/v1/keys/:keySlotId/path",
];

const MANAGED = /^\/api\/v1\/(?:developers|keys|stats)(?:\/|$)/;

/** What an app that is ready answers under the paths of management, `METHOD /path` each. */
export function managementRoutesOf(app: FastifyInstance): string[] {
  const found: string[] = [];
  // A tree: each line continues the path of the nearest one above that is less indented.
  const prefixes: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split("\n")) {
    const [, indent = "", part = "", methods = ""] =
      /^((?:│ {3}| {4})*)[├└]── (\S+) \((.+)\)$/.exec(line) ?? [];
    if (part === "") continue;
    const depth = indent.length / 4;
    const url = (prefixes[depth - 1] ?? "") + part;
    prefixes[depth] = url;
    if (MANAGED.test(url)) found.push(...methods.split(", ").map((method) => `${method} ${url}`));
  }
  return found;
}

/** A slot that nobody has. */
export function missingSlot(): string {
  return randomUUID();
}
