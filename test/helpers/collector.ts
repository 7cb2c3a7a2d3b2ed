import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

/** A span as it came, its attributes by name. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  /** 2 for an error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A collector of OTLP over HTTP on 127.0.0.1. */
export interface Collector {
  readonly url: string;
  readonly spans: Span[];
  /** Requests as they came. */
  readonly requests: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[];
}

/** Starts one that answers with a status, or never. */
export async function startCollector(t: Test, status: number | "never" = 200): Promise<Collector> {
  const requests: Collector["requests"] = [];
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers, body });
      if (status === "never") return;
      if (status === 200) spans.push(...readSpans(body));
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests };
}

interface Wire {
  resourceSpans: {
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        status?: { code?: number };
        attributes: { key: string; value: Record<string, unknown> }[];
      }[];
    }[];
  }[];
}

function readSpans(body: string): Span[] {
  const { resourceSpans } = JSON.parse(body) as Wire;
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ startTimeUnixNano, endTimeUnixNano, status, attributes, ...span }) => ({
      ...span,
      start: BigInt(startTimeUnixNano),
      end: BigInt(endTimeUnixNano),
      status: status?.code ?? 0,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    }));
}
