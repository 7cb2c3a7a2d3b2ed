/** Whether a path keeps to a pattern: `*` at its end stands for any rest, none included; anywhere else for itself. */
export function matchesPattern(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
