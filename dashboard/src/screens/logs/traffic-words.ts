import { milliseconds } from "../../ui/duration.js";
import { KIND_WORDS } from "./outcome-words.js";
import { callsOf, type TrafficPoint } from "./traffic.js";

const HOUR = 3600;
/** Days are the server's, of UTC; hours are the reader's. */
const DAY_NAME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
const HOUR_NAME = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
});

const TICK_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const TICK_HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Kinds of calls in the order in which a chart stacks them. */
export const TRAFFIC_KINDS = ["answered", "failed", "interrupted", "refused"] as const;

/** The name of a point, by its step in seconds. */
export function pointName({ start }: Pick<TrafficPoint, "start">, step: number): string {
  return (step === HOUR ? HOUR_NAME : DAY_NAME).format(start * 1000);
}

/** What stands below a point of a chart: its day, or its hour. Unix seconds. */
export function tickName(start: number, step: number): string {
  return (step === HOUR ? TICK_HOUR : TICK_DAY).format(start * 1000);
}

/** A point in a line. */
export function pointWords(point: TrafficPoint, step: number): string {
  const kinds = TRAFFIC_KINDS.filter((kind) => point[kind] > 0).map(
    (kind) => `${KIND_WORDS[kind].toLowerCase()} ${point[kind]}`,
  );
  const took =
    point.p50 === null || point.p95 === null
      ? []
      : [`median ${milliseconds(point.p50)}`, `95th percentile ${milliseconds(point.p95)}`];
  return `${pointName(point, step)}: ${[`${callsOf(point)} calls`, ...kinds, ...took].join(", ")}`;
}

/** What a whole chart shows, for who cannot see it. */
export function chartWords(points: readonly TrafficPoint[], step: number): string {
  const total = points.reduce((sum, point) => sum + callsOf(point), 0);
  const busiest = points.reduce<TrafficPoint | undefined>(
    (best, point) => (best === undefined || callsOf(point) > callsOf(best) ? point : best),
    undefined,
  );
  const peak = busiest === undefined ? "" : ` The busiest: ${pointWords(busiest, step)}.`;
  return `${total} calls in ${points.length} ${step === HOUR ? "hours" : "days"}.${peak} The same figures are in the table below.`;
}
