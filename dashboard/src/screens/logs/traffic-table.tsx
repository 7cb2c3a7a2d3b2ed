import { TableFrame } from "../../ui/table-frame.js";
import { milliseconds } from "../../ui/duration.js";
import { KIND_WORDS } from "./outcome-words.js";
import { callsOf, type TrafficPoint } from "./traffic.js";
import { pointName, TRAFFIC_KINDS } from "./traffic-words.js";

/** The figures of a chart as text, the newest first. */
export function TrafficTable({
  points,
  step,
}: {
  readonly points: readonly TrafficPoint[];
  readonly step: number;
}) {
  return (
    <details class="log-details">
      <summary>The same as a table</summary>
      <TableFrame label="Calls and latency as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">{step < 86_400 ? "Hour" : "Day (UTC)"}</th>
              <th scope="col">Calls</th>
              {TRAFFIC_KINDS.map((kind) => (
                <th key={kind} scope="col">
                  {KIND_WORDS[kind]}
                </th>
              ))}
              <th scope="col">Median</th>
              <th scope="col">95th percentile</th>
            </tr>
          </thead>
          <tbody>
            {points.toReversed().map((point) => (
              <tr key={point.start}>
                <th scope="row">{pointName(point, step)}</th>
                <td>{callsOf(point)}</td>
                {TRAFFIC_KINDS.map((kind) => (
                  <td key={kind}>{point[kind]}</td>
                ))}
                <td>{point.p50 === null ? "–" : milliseconds(point.p50)}</td>
                <td>{point.p95 === null ? "–" : milliseconds(point.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </details>
  );
}
