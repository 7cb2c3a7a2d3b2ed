import { randomUUID } from "node:crypto";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { ServerConfig } from "../config.js";
import type { CallEnd, CallWatch, WatchCall } from "../proxy/call-watch.js";
import type { CallStep } from "../proxy/step-timer.js";
import { CALL_PATH } from "../proxy/watch-calls.js";
import { VERSION } from "../version.js";
import { inTime } from "./in-time.js";

/** How long stopping waits for the last spans to be taken. */
const FLUSH_MS = 2000;
/** A collector that is away for an hour is told of sixty times. */
const TOLD_AGAIN_AFTER_MS = 60_000;
/** What went wrong with the service or its provider; the other refusals are the caller's doing. */
const FAILURES: ReadonlySet<CallEnd> = new Set([
  ...(["interrupted", "internal", "busy", "upstreamFailed", "upstreamTimeout"] as const),
]);

interface Step {
  readonly step: CallStep;
  readonly began: number;
  readonly ended: number;
  readonly failed: boolean;
}

/** Spans of calls on their way to a collector. */
export interface Tracing {
  readonly watchCall: WatchCall;
  /** Sends what there is, for two seconds at most. */
  close(): Promise<void>;
}

/**
 * One span a call with one for each of its steps, sent to a collector over OTLP. A span says how a call ended and by
 * which request id the logs name it, not whose it is or what it asks for. It begins a trace of its own: nobody outside says
 * which trace a call belongs to, and the provider is told of none.
 *
 * @param onError told that spans could not be sent, once a minute at most. Calls know nothing of it.
 */
export function startTracing(
  { url, headers, serviceName }: NonNullable<ServerConfig["tracing"]>,
  onError: (error: unknown) => void,
): Tracing {
  const given = headers === undefined ? {} : { headers: readHeaders(headers.reveal()) };
  const exporter = tellFailures(new OTLPTraceExporter({ url, ...given }), onError);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": serviceName,
      "service.version": VERSION,
      "service.instance.id": randomUUID(),
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("vaultproof", VERSION);
  return {
    watchCall: ({ requestId }) => traceCall(tracer, requestId),
    async close() {
      await inTime(provider.shutdown(), FLUSH_MS);
    },
  };
}

/** Collects the steps, and makes the spans once nobody waits for the call any more. */
function traceCall(tracer: Tracer, requestId: string): CallWatch {
  const began = performance.now();
  const steps: Step[] = [];
  return {
    step: (step, time) => void steps.push({ step, ...time }),
    end(outcome, status) {
      const attributes = {
        "http.request.method": "POST",
        "http.route": CALL_PATH,
        // Nobody was answered.
        ...(outcome === "caller gone" ? {} : { "http.response.status_code": status }),
        "vaultproof.outcome": outcome,
        "vaultproof.request_id": requestId,
      };
      const options = { kind: SpanKind.SERVER, startTime: epochMs(began), attributes };
      const call = tracer.startSpan(`POST ${CALL_PATH}`, options, ROOT_CONTEXT);
      const inCall = trace.setSpan(ROOT_CONTEXT, call);
      for (const { step, began: stepBegan, ended, failed } of steps) {
        const span = tracer.startSpan(step, { startTime: epochMs(stepBegan) }, inCall);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end(epochMs(ended));
      }
      if (FAILURES.has(outcome)) call.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      call.end(epochMs(performance.now()));
    },
  };
}

function epochMs(time: number): number {
  return performance.timeOrigin + time;
}

function tellFailures(exporter: SpanExporter, onError: (error: unknown) => void): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error !== undefined && now - toldAt >= TOLD_AGAIN_AFTER_MS) {
          toldAt = now;
          onError(result.error);
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

function readHeaders(bytes: Uint8Array): Record<string, string> {
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, string>;
}
