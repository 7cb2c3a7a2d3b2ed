/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  // The first column names what the others count.
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A figure to three digits. */
export function figure(value: number): string {
  if (value >= 1000) return String(Math.round(value));
  return Number(value.toPrecision(3)).toString();
}

/** A ratio, and whether it is what it should be. */
export function judged(value: number, goal: { readonly atLeast?: number; readonly atMost?: number }): string {
  const { atLeast = -Infinity, atMost = Infinity } = goal;
  return `${value.toFixed(2)} ${value >= atLeast && value <= atMost ? "✓" : "**missed**"}`;
}
