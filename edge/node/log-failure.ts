import type { EdgeFailure } from "../src/handler.js";

const MAX_CHARS = 64;

/**
 * Writes one JSON line about a failure to standard error: the request's id and the kind of the error. Not its message,
 * which may repeat what a client sent.
 */
export function logFailure({ requestId, answered, error }: EdgeFailure): void {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  console.error(
    JSON.stringify({
      level: "error",
      time: Date.now(),
      requestId,
      answered,
      type: short(name),
      code: short(code),
      at: answered === "internal" ? placeOf(error) : undefined,
    }),
  );
}

function short(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, MAX_CHARS) : undefined;
}

/** The frames of a stack, without the message that stands above them. */
function placeOf(error: unknown): string[] | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error.stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 8);
}
