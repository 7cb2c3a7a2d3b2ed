/** Whether a line of the log, or one of several, had a member that was left out of it. */
export function hasUnlisted(output: string): boolean {
  return output.includes('"unlisted":[');
}
