/** The value below which the given share of the values lies, by the nearest rank. Throws on no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("no values");
  return value;
}

/** The middle value, or the mean of the two in the middle. Throws on no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("no values");
  return (lower + upper) / 2;
}

/** What is kept of many times, in their own unit. */
export interface Distribution {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

/** Throws on no values. */
export function distribution(values: readonly number[]): Distribution {
  return { count: values.length, median: median(values), p99: quantile(values, 0.99) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
