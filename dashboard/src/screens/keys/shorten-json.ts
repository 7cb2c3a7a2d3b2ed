const LONG_HEX = /^(0x)?([0-9a-f]{40,})$/;
const SHOWN_DIGITS = 10;

/** JSON to be read by people: indented, and long hex cut in the middle with its true length. */
export function shortenJson(json: string): string {
  const shorten = (_name: string, value: unknown): unknown =>
    typeof value === "string" ? shortenHex(value) : value;
  return JSON.stringify(JSON.parse(json), shorten, 2);
}

function shortenHex(text: string): string {
  const [, prefix = "", digits] = LONG_HEX.exec(text) ?? [];
  if (digits === undefined) return text;
  const [start, end] = [digits.slice(0, SHOWN_DIGITS), digits.slice(-SHOWN_DIGITS)];
  return `${prefix}${start}…${end} (${digits.length / 2} bytes)`;
}
