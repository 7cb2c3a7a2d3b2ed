/**
 * Whether `key` stands anywhere in `text`: as it is, in hex of either case, or inside base64 (plain or for URLs) that
 * may have begun before it.
 */
export function containsKey(text: string, key: string): boolean {
  const bytes = Buffer.from(key, "utf8");
  const hex = bytes.toString("hex");
  const needles = [key, ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift))];
  return text.toLowerCase().includes(hex) || needles.some((needle) => text.includes(needle));
}

/** The base64 digits that depend on nothing but `bytes` when `shift` other bytes precede them in their group. */
function base64At(bytes: Buffer, shift: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
  const whole = padded.length - (padded.length % 3);
  const firstOwnDigit = Math.ceil((shift * 8) / 6);
  return (["base64", "base64url"] as const)
    .map((encoding) => padded.subarray(0, whole).toString(encoding).slice(firstOwnDigit))
    .filter((digits) => digits.length > 0);
}
