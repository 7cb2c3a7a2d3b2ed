import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

/** Serves files from memory on 127.0.0.1. */
export interface PageHost {
  readonly origin: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** @param options.isolated sends what makes a page `crossOriginIsolated`. */
export async function startPageHost(options: {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly isolated: boolean;
}): Promise<PageHost> {
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    const contents = options.files.get(path);
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    if (contents === undefined) response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    else
      response.writeHead(200, { "content-type": type, ...(options.isolated ? ISOLATION : {}) }).end(contents);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
