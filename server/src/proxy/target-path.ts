const FORBIDDEN_CHARACTER = /[\\#]/;
// %2f, %5c and control characters, also with their percent sign encoded again.
const ENCODED_SEPARATOR = /%(?:25)*(?:2f|5c|[01][0-9a-f]|7f)/i;
const ENCODED_DOT = /%(?:25)*2e/gi;
const DELIMITERS = ["/", "\\", "?", "#", ";", "%"] as const;
const DOT_SEGMENT = /^\.{1,2}(?:;.*)?$/;

/** The path of a target without its query: what path patterns are matched on. */
export function pathOf(targetPath: string): string {
  const query = targetPath.indexOf("?");
  return query === -1 ? targetPath : targetPath.slice(0, query);
}

/**
 * Whether a target means the same path to everyone on its way. A provider's servers may take `//host` for an
 * authority, resolve `..`, decode `%2f` or `%0a`, turn `\` into `/`, read what is no UTF-8 in their own way, fold
 * full-width dots, or cut at `;` before they route; a path that was allowed as text would then be another one.
 */
export function isUnambiguousTarget(targetPath: string): boolean {
  const path = pathOf(targetPath);
  if (FORBIDDEN_CHARACTER.test(targetPath) || path.startsWith("//")) return false;
  if (!path.includes("%")) return !path.includes("/.") || !hasDotSegment(path);
  if (ENCODED_SEPARATOR.test(path) || hasDotSegment(path.replace(ENCODED_DOT, "."))) return false;
  const plain = decoded(path);
  if (plain === undefined) return false;
  const folded = plain.normalize("NFKC");
  return !hasDotSegment(folded) && DELIMITERS.every((mark) => count(folded, mark) === count(plain, mark));
}

function hasDotSegment(path: string): boolean {
  return path.split("/").some((segment) => DOT_SEGMENT.test(segment));
}

/** Undefined where percent signs stand for no bytes, or the bytes for no text. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length;
}
