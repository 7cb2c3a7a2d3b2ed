const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A day in this device's time zone, of Unix seconds. */
export function formatDay(seconds: number): string {
  return DAY.format(seconds * 1000);
}

/** A day and minute in this device's time zone, of Unix seconds. */
export function formatMoment(seconds: number): string {
  return MOMENT.format(seconds * 1000);
}

/** A count with its word. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** How often a key was used in the last 30 days. */
export function callsOf(stats: { readonly calls: number; readonly refused: number } | undefined): string {
  if (stats === undefined) return "not known";
  const calls = stats.calls.toLocaleString("en");
  return stats.refused === 0 ? calls : `${calls}, and ${stats.refused.toLocaleString("en")} refused`;
}
