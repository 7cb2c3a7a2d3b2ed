import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import type { FastifyInstance } from "fastify";
import { ServerError } from "../errors.js";
import type { WellKnownDocument } from "./document.js";
import type { ReferenceString } from "./reference-string.js";

/** What the public routes about this server take. */
export interface WellKnownRoutesOptions {
  readonly document: WellKnownDocument;
  readonly manifest: CircuitManifest;
  /** Undefined where this server has no copy. */
  readonly referenceString: ReferenceString | undefined;
}

const PATH = "/.well-known/vaultproof";

/** Who this server is, and its copy of the reference string, so that a browser need not ask a third party for it. */
export function wellKnownRoutes(app: FastifyInstance, options: WellKnownRoutesOptions): void {
  const { document, manifest, referenceString } = options;
  const digests = manifest.referenceString;

  app.get(PATH, async (_request, reply) =>
    reply
      .type("application/json")
      .header("cache-control", "no-cache")
      .send(await document.current()),
  );
  serveOnce(app, `${PATH}/crs/g1`, { bytes: referenceString?.g1, sha256: digests.g1Sha256 });
  serveOnce(app, `${PATH}/crs/g2`, { bytes: referenceString?.g2, sha256: digests.g2Sha256 });
}

/** Bytes that never change under their address: whoever has them need not ask again. */
function serveOnce(
  app: FastifyInstance,
  path: string,
  { bytes, sha256 }: { readonly bytes: Buffer | undefined; readonly sha256: string },
): void {
  const etag = `"${sha256}"`;
  app.get(path, async (request, reply) => {
    if (bytes === undefined) {
      const reason = "This server has no copy of the reference string; its operator can set CRS_PATH";
      throw new ServerError("notFound", { extra: { reason } });
    }
    reply.headers({ etag, "cache-control": "public, max-age=31536000, immutable" });
    if (request.headers["if-none-match"] === etag) return await reply.code(304).send();
    return await reply.type("application/octet-stream").send(bytes);
  });
}
