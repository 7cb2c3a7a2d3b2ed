/**
 * Where two versions of a file part: the first line that differs of a text, the first byte of anything else.
 *
 * @returns a phrase that continues the file's name
 */
export function describeDifference(committed: Uint8Array, rebuilt: Uint8Array): string {
  const [before, after] = [linesOf(committed), linesOf(rebuilt)];
  if (before && after) {
    const line = after.findIndex((text, index) => text !== before[index]);
    const index = line < 0 ? after.length : line;
    return `differs in line ${index + 1}:\n- ${excerpt(before[index])}\n+ ${excerpt(after[index])}`;
  }
  const byte = rebuilt.findIndex((value, index) => value !== committed[index]);
  return `differs from byte ${byte < 0 ? rebuilt.length : byte} (${committed.length} bytes, rebuilt ${rebuilt.length})`;
}

function linesOf(bytes: Uint8Array): string[] | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\n");
  } catch {
    return undefined;
  }
}

function excerpt(line: string | undefined): string {
  if (line === undefined) return "(end of file)";
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
