/** Hex longer than this is shortened for reading. */
const LONGEST_SHOWN = 80;
const KEPT_EACH_SIDE = 16;
const HEX = /^(?:0x)?[0-9a-f]+$/;

/** A JSON value fit for a terminal, and whether anything in it was shortened. */
export interface ShownJson {
  readonly text: string;
  readonly shortened: boolean;
}

/**
 * Lays out JSON for reading. Only hex longer than 80 characters is changed: its middle is replaced by its true
 * length. Every other character is as sent.
 */
export function showJson(value: unknown): ShownJson {
  let shortened = false;
  const text = JSON.stringify(
    value,
    (_name, member: unknown) => {
      if (typeof member !== "string" || member.length <= LONGEST_SHOWN || !HEX.test(member)) return member;
      shortened = true;
      return shortenHex(member);
    },
    2,
  );
  return { text, shortened };
}

/** Long hex with its middle left out and its true length said; short hex as it is. */
export function shortenHex(hex: string): string {
  if (hex.length <= LONGEST_SHOWN) return hex;
  const length = hex.length.toLocaleString("en-US");
  return `${hex.slice(0, KEPT_EACH_SIDE)}…(${length} characters)…${hex.slice(-KEPT_EACH_SIDE)}`;
}
