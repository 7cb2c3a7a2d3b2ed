/** How a command of the server ends. */
export const EXIT = {
  done: 0,
  /** `rotate-keys`: some shares do not open. */
  rowsLeft: 1,
  usage: 2,
  /** It could not be done, or not to its end. */
  failed: 3,
} as const;

/** Arguments that are not understood; the message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
