import type { DeveloperVault } from "@vaultproof/sdk/browser";
import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ErrorNotice } from "../../session/error-notice.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Loading } from "../../ui/empty.js";
import { Notice } from "../../ui/notice.js";
import { Select } from "../../ui/select.js";
import { LogTime } from "./log-time.js";
import { KIND_WORDS } from "./outcome-words.js";
import type { ReadLogPage } from "./search-log.js";
import { callsOf } from "./traffic.js";
import type { TrafficChartProps } from "./traffic-chart.js";
import { TrafficTable } from "./traffic-table.js";
import { chartWords, TRAFFIC_KINDS } from "./traffic-words.js";
import { useTraffic, type TrafficChoice } from "./use-traffic.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const CHOICES: Readonly<Record<string, TrafficChoice & { readonly name: string }>> = {
  "all-7": { of: "all", step: DAY, points: 7, name: "7 days, by day" },
  "all-30": { of: "all", step: DAY, points: 30, name: "30 days, by day" },
  "all-90": { of: "all", step: DAY, points: 90, name: "90 days, by day" },
  "key-24": { of: "key", step: HOUR, points: 24, name: "24 hours, by hour" },
  "key-7": { of: "key", step: DAY, points: 7, name: "7 days, by day" },
  "key-30": { of: "key", step: DAY, points: 30, name: "30 days, by day" },
};
const FIRST_CHOICE = "all-30";

/** Calls and latency over time, as a picture and as a table. */
export function TrafficCard(props: {
  readonly openVault: () => Promise<DeveloperVault>;
  readonly readPage: ReadLogPage;
  /** Name of the key whose log is chosen; undefined where no calls are. */
  readonly keyName: string | undefined;
  readonly version: number;
}) {
  const { openVault, readPage, keyName, version } = props;
  const [chosen, setChosen] = useState(FIRST_CHOICE);
  const name = keyName === undefined && chosen.startsWith("key-") ? FIRST_CHOICE : chosen;
  const choice = useMemo(
    () => ({ ...(CHOICES[name] ?? CHOICES[FIRST_CHOICE]) }) as TrafficChoice,
    [name, readPage],
  );
  const { points, cutAt, busy, error, readOn } = useTraffic({ openVault, readPage, choice, version });
  const options = Object.entries(CHOICES)
    .filter(([, { of }]) => of === "all" || keyName !== undefined)
    .map(([value, { of, name: period }]) => ({
      value,
      name: period,
      group: of === "all" ? "All keys" : (keyName ?? ""),
    }));
  return (
    <Card
      title="Calls and latency"
      actions={<Select label="Show" value={name} options={options} onChange={setChosen} />}
    >
      {error !== undefined && <ErrorNotice error={error} retry={readOn} />}
      {points === undefined && error === undefined && <Loading what="Counting calls" />}
      {points !== undefined && (
        <>
          {cutAt !== undefined && (
            <Notice
              kind="warn"
              title="Not the whole time"
              action={
                <Button busy={busy} onPress={readOn}>
                  Read further back
                </Button>
              }
            >
              The log is long; it has been read back to <LogTime seconds={cutAt} />.
            </Notice>
          )}
          {points.every((point) => callsOf(point) === 0) ? (
            <p class="small soft">No calls in this time.</p>
          ) : (
            <Chart points={points} step={choice.step} />
          )}
          <TrafficTable points={points} step={choice.step} />
        </>
      )}
    </Card>
  );
}

/** The picture comes when it is wanted: a page that shows no logs need not have it. */
function Chart(props: TrafficChartProps) {
  const [Loaded, setLoaded] = useState<{ Chart: ComponentType<TrafficChartProps> }>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import("./traffic-chart.js").then(
      ({ TrafficChart }) => setLoaded({ Chart: TrafficChart }),
      () => setFailed(true),
    );
  }, []);
  if (failed) return <p class="small soft">The chart could not be loaded; the table has the same figures.</p>;
  return (
    <figure class="log-chart">
      <div role="img" aria-label={chartWords(props.points, props.step)}>
        {Loaded === undefined ? <div class="log-chart-place" /> : <Loaded.Chart {...props} />}
      </div>
      <figcaption class="log-legend">
        {TRAFFIC_KINDS.map((kind) => (
          <span key={kind}>
            <span class={`log-swatch log-swatch-${kind}`} aria-hidden="true" />
            {KIND_WORDS[kind]}
          </span>
        ))}
        <span>
          <span class="log-swatch log-swatch-p50" aria-hidden="true" />
          Median latency
        </span>
        <span>
          <span class="log-swatch log-swatch-p95" aria-hidden="true" />
          95th percentile
        </span>
      </figcaption>
    </figure>
  );
}
