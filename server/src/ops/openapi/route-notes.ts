import { callSchema } from "@vaultproof/protocol/call";
import type { ErrorCode } from "@vaultproof/protocol/errors";
import { wellKnownSchema } from "@vaultproof/protocol/well-known";
import { z } from "zod";

/** What a reader of the description finds together. */
export const TAGS = {
  calls: "Calls to providers, by apps with a proof",
  management: "Keys and apps, by developers who sign",
  public: "What anybody may know of the server",
  internal: "Between edge and server",
} as const;

/** What the description says of a route besides the schemas that the route itself is given. */
export interface RouteNote {
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  /** What it may refuse, besides what any route may. */
  readonly errors: readonly ErrorCode[];
  /** Whether a registered developer signs; registration itself is signed by the key that is registered. */
  readonly signed?: boolean;
  /** Schemas of routes that judge their input, or write their answer, without Fastify's help. Never checked against. */
  readonly shapes?: {
    readonly body?: z.core.$ZodType;
    readonly querystring?: z.core.$ZodType;
    /** By status, or `default`. */
    readonly response?: Readonly<Record<string, ResponseShape>>;
  };
}

/** An answer's body by its media type; `z.null()` for an answer without one. */
export type ResponseShape =
  | z.ZodNull
  | {
      readonly description: string;
      readonly content: Readonly<Record<string, { readonly schema: z.core.$ZodType }>>;
    };

const bytes = z.string().meta({ format: "binary" });
const points: NonNullable<RouteNote["shapes"]> = {
  response: {
    200: { description: "The bytes", content: { "application/octet-stream": { schema: bytes } } },
    304: z.null().meta({ description: "The caller has them already" }),
  },
};
const logCsv: NonNullable<RouteNote["shapes"]> = {
  response: {
    200: {
      description: "Rows in their order; `vp-log-head` vouches for the chain",
      content: { "text/csv": { schema: z.string() } },
    },
  },
};
const changed = ["notFound", "versionConflict"] as const satisfies ErrorCode[];

/** By method and path as they are registered. A route without a row here fails the test of the description. */
export const ROUTE_NOTES: Readonly<Record<string, RouteNote>> = {
  "POST /api/v1/proxy/call": {
    tag: "calls",
    summary: "Calls the slot's provider",
    description:
      "Carries exactly one of `share2` and `share2_encrypted`, at most one of `body` and `bodyBase64`, and a proof that is good for this one request.",
    errors: [
      ...(["payloadTooLarge", "invalidProof", "appNotAuthorized", "replay", "rateLimited"] as const),
      ...(["keyReconstruction", "unknownTransportKey", "upstreamFailed", "upstreamTimeout"] as const),
    ],
    shapes: {
      // Headers are described by what passes their check; the check itself comes before any type.
      body: z.strictObject({ ...callSchema.shape, headers: z.record(z.string(), z.string()).optional() }),
      response: {
        default: {
          description:
            "The provider's answer, marked `vp-source: upstream`: its status, allowed headers, and its body as it arrives; `vp-usage` says which cap is nearly used up, `Server-Timing` what the steps took",
          content: { "*/*": { schema: bytes } },
        },
      },
    },
  },
  "POST /api/v1/developers": {
    tag: "management",
    summary: "Registers a developer",
    description:
      "Signed by the key that is registered, which proves that the sender has it. A repeat answers 200.",
    errors: ["payloadTooLarge", "unauthorized", "registrationClosed", "inviteRequired", "rateLimited"],
    signed: true,
  },
  "POST /api/v1/keys/store": management("Stores a share of a provider key", [
    "slotExists",
    "tooManySlots",
    "shareNotOpened",
    "unsupportedRestriction",
  ]),
  "GET /api/v1/keys/list": management("Lists the developer's slots and the apps granted on them", []),
  "POST /api/v1/keys/revoke/:keySlotId": management("Revokes a slot for good", ["notFound"]),
  "POST /api/v1/keys/:keySlotId/grant": management("Lets an app call, or changes what it may", [
    "notFound",
    "slotFull",
    "unsupportedRestriction",
  ]),
  "POST /api/v1/keys/:keySlotId/revoke-app": management("Ends an app's grant", ["notFound"]),
  "POST /api/v1/keys/:keySlotId/rotate": management("Replaces the provider key of a slot", [
    ...changed,
    "shareNotOpened",
  ]),
  "POST /api/v1/keys/:keySlotId/refresh": management("Replaces both shares of a slot's key", [
    ...changed,
    "shareNotOpened",
    "unknownTransportKey",
  ]),
  "GET /api/v1/keys/:keySlotId/logs": management("Reads a slot's log page by page", ["notFound"]),
  "GET /api/v1/keys/:keySlotId/logs/export": {
    ...management("Exports a slot's log", ["notFound"]),
    shapes: logCsv,
  },
  "GET /api/v1/developers/logs": management("Reads page by page what the developer managed", []),
  "GET /api/v1/developers/logs/export": {
    ...management("Exports the log of what the developer managed", []),
    shapes: logCsv,
  },
  "GET /api/v1/stats/overview": management("Counts of all slots together", []),
  "GET /api/v1/stats/usage": management("Counts by day", []),
  "GET /api/v1/stats/by-key": management("Counts by slot", []),
  "GET /api/v1/keys/:keySlotId/path": {
    tag: "public",
    summary: "The place of an app's leaf in its slot's tree",
    description:
      "Public, behind a leaf that nobody can guess. Whatever is not right is answered by the same 404.",
    errors: ["notFound"],
    shapes: { querystring: z.object({ leaf: z.string().regex(/^[0-9a-f]{64}$/) }) },
  },
  "GET /.well-known/vaultproof": {
    tag: "public",
    summary: "Who this server is, and what to seal to",
    errors: [],
    shapes: {
      response: {
        200: {
          description: "Signed by the server's identity, which clients pin",
          content: { "application/json": { schema: wellKnownSchema } },
        },
      },
    },
  },
  "GET /.well-known/vaultproof/crs/g1": {
    tag: "public",
    summary: "The reference string's points of G1",
    errors: ["notFound"],
    shapes: points,
  },
  "GET /.well-known/vaultproof/crs/g2": {
    tag: "public",
    summary: "The reference string's points of G2",
    errors: ["notFound"],
    shapes: points,
  },
  "GET /internal/health": {
    tag: "internal",
    summary: "Whether edge and server have the same secret",
    description:
      "What an edge asks before it says that it is healthy. Through the edge it is of no use to anybody.",
    errors: [],
    shapes: {
      response: {
        200: {
          description: "They have",
          content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } },
        },
      },
    },
  },
};

function management(summary: string, errors: readonly ErrorCode[]): RouteNote {
  return { tag: "management", summary, errors: ["unauthorized", "rateLimited", ...errors], signed: true };
}
