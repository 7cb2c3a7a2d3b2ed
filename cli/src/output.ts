/** Where output goes; `process.stdout` has this shape. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
