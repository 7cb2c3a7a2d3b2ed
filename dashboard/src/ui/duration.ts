/** A time for people: `0.8 ms`, `7 ms`, `340 ms`, `2.4 s`. */
export function milliseconds(value: number): string {
  if (value < 10 && !Number.isInteger(value)) return `${value.toFixed(1)} ms`;
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}
