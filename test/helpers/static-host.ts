import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";

export const SDK_BUNDLE = fileURLToPath(new URL("../../../client-sdk/dist/browser-bundle", import.meta.url));

/** A request as the host saw it, and how it answered. */
export interface HostedRequest {
  readonly path: string;
  readonly status: number;
}

/** A plain host of files, as a bucket or a small web server is: it knows types, ETags and nothing else. */
export interface StaticHost {
  readonly origin: string;
  readonly requests: HostedRequest[];
  close(): Promise<void>;
}

export interface StaticHostOptions {
  /** Files by path; `/sdk/…` is the SDK's bundle besides. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What the page may talk to besides its own origin. */
  readonly connect?: readonly string[];
  /** Sends what makes a page `crossOriginIsolated`. */
  readonly isolated?: boolean;
  /** Answers a path in a way of its own. */
  readonly answer?: (path: string, response: ServerResponse, request: IncomingMessage) => boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".gz": "application/gzip",
};
const HASHED = /-[A-Za-z0-9]{8,}\.[a-z.]+$/;
const EMPTY_PAGE = "<!doctype html><html lang='en'><title>a page</title><body></body></html>";

/** Starts a host whose pages have the strict policy; it ends with the test. */
export async function startStaticHost(t: Test, options: StaticHostOptions = {}): Promise<StaticHost> {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(SDK_BUNDLE)) files.set(`/sdk/${name}`, readFileSync(join(SDK_BUNDLE, name)));
  for (const [path, contents] of Object.entries({ "/index.html": EMPTY_PAGE, ...options.files })) {
    files.set(path, Buffer.from(contents));
  }
  const requests: HostedRequest[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const path = pathname === "/" ? "/index.html" : pathname;
    response.on("finish", () => requests.push({ path, status: response.statusCode }));
    for (const [name, value] of Object.entries(policyHeaders(options))) response.setHeader(name, value);
    if (options.answer?.(path, response, request) === true) return;
    sendFile(files.get(path), path, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  t.teardown(close);
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

function policyHeaders({ connect = [], isolated = false }: StaticHostOptions): Record<string, string> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      `connect-src ${["'self'", ...connect].join(" ")}`,
      "worker-src 'self'",
      "img-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; "),
    ...(isolated
      ? { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" }
      : {}),
  };
}

function sendFile(
  contents: Uint8Array | undefined,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (contents === undefined) {
    // Browsers ask for it unbidden.
    response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    return;
  }
  const etag = `"${createHash("sha256").update(contents).digest("base64url")}"`;
  response.setHeader("etag", etag);
  response.setHeader("cache-control", HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
  else {
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.writeHead(200).end(contents);
  }
}
