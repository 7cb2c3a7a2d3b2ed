import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TrafficPoint } from "./traffic.js";
import { callPlot, latencyPlot } from "./traffic-plots.js";
import { pointWords } from "./traffic-words.js";

/** What a chart shows. */
export interface TrafficChartProps {
  readonly points: readonly TrafficPoint[];
  /** Seconds of a point. */
  readonly step: number;
}

/** Two plots over one time: calls as stacked bars, latency as lines. Drawn on canvas in the page's own colours. */
export function TrafficChart({ points, step }: TrafficChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [under, setUnder] = useState<number | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    setUnder(null);
    const draw = { points, step, width: element.clientWidth, element, onPoint: setUnder };
    const plots = [callPlot(draw), latencyPlot(draw)].map(
      ({ options, data }) => new uPlot(options, data, element),
    );
    const sizes = new ResizeObserver(() => {
      for (const plot of plots) plot.setSize({ width: element.clientWidth, height: plot.height });
    });
    sizes.observe(element);
    // A canvas does not follow the page's colours by itself, and bars keep theirs with their paths.
    const redraw = () => {
      for (const plot of plots) plot.redraw(true, true);
    };
    const themes = new MutationObserver(redraw);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", redraw);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      scheme.removeEventListener("change", redraw);
      for (const plot of plots) plot.destroy();
    };
  }, [points, step]);
  const point = under === null ? undefined : points[under];
  return (
    <>
      <div ref={place} class="log-plots" />
      <p class="log-under" aria-hidden="true">
        {point === undefined ? "" : pointWords(point, step)}
      </p>
    </>
  );
}
