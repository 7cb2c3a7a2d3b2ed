import uPlot from "uplot";
import { milliseconds } from "../../ui/duration.js";
import type { TrafficPoint } from "./traffic.js";
import { tickName, TRAFFIC_KINDS } from "./traffic-words.js";

/** What both plots are made from. */
export interface PlotRequest {
  readonly points: readonly TrafficPoint[];
  /** Seconds of a point. */
  readonly step: number;
  /** CSS pixels. */
  readonly width: number;
  /** Where the colours of the page hold. */
  readonly element: Element;
  /** Told which point is under the pointer. */
  readonly onPoint: (index: number | null) => void;
}

interface Plot {
  readonly options: uPlot.Options;
  readonly data: uPlot.AlignedData;
}

const CALLS_HEIGHT = 200;
const LATENCY_HEIGHT = 150;
const HOUR = 3600;
const FONT = "12px system-ui, sans-serif";
const AXIS_WIDTH = 56;
/** Of the space of a point, and of pixels at most. */
const BAR_SIZE: [number, number] = [0.7, 48];

/** Calls, the kinds stacked on each other: each series is the sum of its kind and those below, the largest drawn first. */
export function callPlot(request: PlotRequest): Plot {
  const kinds = [...TRAFFIC_KINDS].reverse();
  const sums = kinds.map((_, place) =>
    request.points.map((point) => kinds.slice(place).reduce((sum, kind) => sum + point[kind], 0)),
  );
  const paths = uPlot.paths.bars?.({ size: BAR_SIZE });
  const series = kinds.map((kind) => ({
    ...(paths === undefined ? {} : { paths }),
    fill: () => colour(request.element, kind),
    width: 0,
    points: { show: false },
  }));
  const count = (values: number[]) =>
    values.map((value) => (Number.isInteger(value) ? value.toLocaleString("en") : ""));
  return {
    options: plotOptions(request, { height: CALLS_HEIGHT, series, values: count }),
    data: [request.points.map(({ start }) => start), ...sums],
  };
}

/** Median and 95th percentile; a point without calls has none. */
export function latencyPlot(request: PlotRequest): Plot {
  const { points, element } = request;
  const line = (name: string, dash: number[]) => ({
    stroke: () => colour(element, name),
    width: 2,
    dash,
    points: { show: true, size: 6, fill: () => colour(element, name), stroke: () => colour(element, name) },
  });
  const series = [line("p50", []), line("p95", [6, 4])];
  const took = (values: number[]) => values.map((value) => milliseconds(value));
  return {
    options: plotOptions(request, { height: LATENCY_HEIGHT, series, values: took }),
    data: [points.map(({ start }) => start), points.map(({ p50 }) => p50), points.map(({ p95 }) => p95)],
  };
}

function plotOptions(
  { points, step, width, element, onPoint }: PlotRequest,
  plot: {
    readonly height: number;
    readonly series: uPlot.Series[];
    readonly values: (values: number[]) => string[];
  },
): uPlot.Options {
  const axis = { font: FONT, stroke: () => colour(element, "text"), ticks: { show: false } };
  const grid = { stroke: () => colour(element, "grid"), width: 1 };
  const [first = 0, last = 0] = [points[0]?.start, points.at(-1)?.start];
  return {
    width,
    height: plot.height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      // Room for the bars at both ends, also for a single one.
      x: { time: true, range: [first - step / 2, last + step / 2] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
    },
    // Days are those of UTC, hours those of the reader.
    ...(step === HOUR ? {} : { tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") }),
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        values: (_, starts) => starts.map((start) => tickName(start, step)),
        incrs: [step, 2 * step, 7 * step, 14 * step, 6 * step, 30 * step].sort((a, b) => a - b),
      },
      { ...axis, grid, size: AXIS_WIDTH, space: 36, values: (_, values) => plot.values(values) },
    ],
    series: [{}, ...plot.series],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

/** A colour of the page as it is now. Only a computed one is free of `light-dark()`, which a canvas does not read. */
function colour(element: Element, name: string): string {
  if (name === "text") return getComputedStyle(element).color;
  if (name === "grid") return getComputedStyle(element).borderTopColor;
  const swatch = element.closest("figure")?.querySelector(`.log-swatch-${name}`) ?? element;
  return getComputedStyle(swatch).backgroundColor;
}
