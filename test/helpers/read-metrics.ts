/** What a Prometheus server would take from a page of metrics: values by name with labels, as they are written. */
export type Samples = ReadonlyMap<string, number>;

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^{}]*\})?) (Nan|NaN|[+-]?Inf|-?[0-9.e+-]+)$/;

/** Reads the text format strictly: throws on a line that is neither a comment nor a sample, and on one given twice. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ") || line.startsWith("# TYPE ")) continue;
    const [, name = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "" || samples.has(name)) throw new Error(`not a sample: ${line}`);
    samples.set(name, Number(value.replace("Inf", "Infinity")));
  }
  return samples;
}

/** Reads an ops server's metrics. */
export async function scrape(opsUrl: string): Promise<Samples> {
  const answer = await fetch(`${opsUrl}/metrics`);
  if (answer.status !== 200) throw new Error(`metrics are answered ${answer.status}`);
  return parseMetrics(await answer.text());
}

/** Calls by outcome, those of which there were none left out. */
export function callsByOutcome(samples: Samples): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const [name, value] of samples) {
    const [, outcome] = /^vaultproof_calls_total\{outcome="([^"]*)"\}$/.exec(name) ?? [];
    if (outcome !== undefined && value > 0) calls[outcome] = value;
  }
  return calls;
}
