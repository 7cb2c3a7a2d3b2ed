import type { StatsOverview, StatsPeriod } from "@vaultproof/protocol/stats-routes";
import { Card } from "../../ui/card.js";
import { milliseconds } from "../../ui/duration.js";

/** Slots, apps and calls of all keys at a glance. */
export function Figures({ overview }: { readonly overview: StatsOverview }) {
  const { keySlots, appsGranted, today, last24Hours, last30Days } = overview;
  return (
    <Card title="All keys">
      <dl class="log-figures">
        <Figure name="Active keys" value={keySlots.active} more={`${keySlots.revoked} revoked`} />
        <Figure name="Apps granted" value={appsGranted} more="one on two keys counts twice" />
        <Figure name="Calls today (UTC)" value={today.calls} more={about(today)} />
        <Figure name="Last 24 hours" value={last24Hours.calls} more={about(last24Hours)} />
        <Figure name="Last 30 days" value={last30Days.calls} more={about(last30Days)} />
      </dl>
      <p class="small soft">An answered call is counted within seconds, a refused one within a minute.</p>
    </Card>
  );
}

function Figure({
  name,
  value,
  more,
}: {
  readonly name: string;
  readonly value: number;
  readonly more: string;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="log-figure">{value.toLocaleString("en")}</dd>
      <dd class="small soft">{more}</dd>
    </div>
  );
}

function about({ refused, errorRate, latencyMs }: StatsPeriod): string {
  const parts = [`${refused.toLocaleString("en")} refused`];
  if (errorRate !== null && errorRate > 0) parts.push(`${percent(errorRate)} provider errors`);
  if (latencyMs.p50 !== null) parts.push(`median ${milliseconds(latencyMs.p50)}`);
  return parts.join(", ");
}

function percent(share: number): string {
  return share < 0.001 ? "under 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
