/** How a key was found to be written. */
export type KeySpelling = "as text" | "in hex" | "in base64";

/**
 * In which spellings `key` stands in `text`: as it is, in hex of either case, or inside base64 (plain or for URLs) that may
 * have begun before it.
 *
 * @param key ASCII, as provider keys are.
 */
export function findKey(text: string, key: string): readonly KeySpelling[] {
  const found: KeySpelling[] = [];
  if (text.includes(key)) found.push("as text");
  if (text.toLowerCase().includes(hexOf(key))) found.push("in hex");
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  if ([0, 1, 2].some((shift) => plain.includes(base64At(key, shift)))) found.push("in base64");
  return found;
}

function hexOf(key: string): string {
  return Array.from(key, (character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/** The base64 digits that depend on nothing but the key when `shift` other bytes precede it in its group. */
function base64At(key: string, shift: number): string {
  const padded = "\0".repeat(shift) + key;
  const whole = padded.length - (padded.length % 3);
  return btoa(padded.slice(0, whole)).slice(Math.ceil((shift * 8) / 6));
}
