const FORBIDDEN_CHARACTER = /[\\#]/;
// %2e, %2f, %5c, also with their percent sign encoded once more.
const ENCODED_SEPARATOR = /%(?:25)*(?:2f|5c)/i;
const ENCODED_DOT = /%(?:25)*2e/gi;
const DOT_SEGMENT = /^\.{1,2}(?:;.*)?$/;

/** The path of a target without its query: what path patterns are matched on. */
export function pathOf(targetPath: string): string {
  const query = targetPath.indexOf("?");
  return query === -1 ? targetPath : targetPath.slice(0, query);
}

/**
 * Whether a target means the same path to everyone on its way. A provider's servers may resolve `..`, decode `%2f`,
 * turn `\` into `/` or cut at `;` before they route; a path that was allowed as text would then be another one.
 */
export function isUnambiguousTarget(targetPath: string): boolean {
  const path = pathOf(targetPath);
  if (FORBIDDEN_CHARACTER.test(targetPath) || ENCODED_SEPARATOR.test(path)) return false;
  if (!path.includes("%") && !path.includes("/.")) return true;
  return !path
    .replace(ENCODED_DOT, ".")
    .split("/")
    .some((segment) => DOT_SEGMENT.test(segment));
}
