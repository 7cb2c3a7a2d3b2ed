import { collectDefaultMetrics, Registry } from "prom-client";
import type { WatchCall } from "../proxy/call-watch.js";
import type { OnTiming } from "../proxy/step-timer.js";
import { createCallMetrics } from "./call-metrics.js";
import { addStateMetrics, type MeasuredParts } from "./state-metrics.js";

/** What one server measures of itself. */
export interface Metrics {
  readonly onTiming: OnTiming;
  readonly watchCall: WatchCall;
  readonly contentType: string;
  /** Everything in Prometheus' text format. Never throws for what a part of the server cannot tell now. */
  read(): Promise<string>;
}

/**
 * Metrics in a registry of this server's own. Labels are words of closed sets: a slot, developer, app, host or path in
 * one would tell who calls what to everybody who may read metrics, and let callers make series without end.
 */
export function createMetrics(parts: MeasuredParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addStateMetrics(registry, parts);
  return {
    ...createCallMetrics(registry),
    contentType: registry.contentType,
    read: () => registry.metrics(),
  };
}
