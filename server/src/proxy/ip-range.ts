import ipaddr from "ipaddr.js";

/** An address, or a range of them, of one family. */
export type IpRange = ReturnType<typeof ipaddr.parseCIDR>;

type Address = ReturnType<typeof ipaddr.parse>;

const MAPPED_PREFIX_BITS = 96;
/** `::192.0.2.1`, which the parser takes for `::ffff:192.0.2.1` although it is another address. */
const COMPATIBLE = /^::[0-9]+\./;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;

/**
 * Reads an address or a CIDR range. IPv4-mapped IPv6 is the IPv4 that it means.
 *
 * @returns the range, or a sentence that says what is wrong.
 */
export function readIpRange(text: string): { readonly range: IpRange } | { readonly problem: string } {
  const [base = "", prefix, ...more] = text.split("/");
  const address = readAddress(base);
  const isPrefix = prefix === undefined || PREFIX.test(prefix);
  const width = base.includes(":") ? 128 : 32;
  const bits = Number(prefix ?? width);
  if (address === null || !isPrefix || bits > width || more.length > 0) {
    return { problem: `${text} is neither an address nor a CIDR range` };
  }
  const range: IpRange = isMapped(address, bits)
    ? [address.toIPv4Address(), bits - MAPPED_PREFIX_BITS]
    : [address, bits];
  const first = firstOf(range);
  if (first !== range[0].toString()) {
    return { problem: `${text} has bits set behind its prefix; the range is ${first}/${range[1]}` };
  }
  return { range };
}

/** Whether an address lies in a range. IPv4-mapped IPv6 is the IPv4 that it means; what is no address lies nowhere. */
export function isInRange(text: string, range: IpRange): boolean {
  const parsed = readAddress(text);
  if (parsed === null) return false;
  const address = isMapped(parsed, 128) ? parsed.toIPv4Address() : parsed;
  return address.kind() === range[0].kind() && address.match(range);
}

function readAddress(text: string): Address | null {
  // The parser would also take `127.1`, octal and hexadecimal forms, and zones.
  if (!text.includes(":")) return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : null;
  const isPlain = !text.includes("%") && !COMPATIBLE.test(text);
  return isPlain && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

function isMapped(address: Address, bits: number): address is ipaddr.IPv6 {
  return "parts" in address && address.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS;
}

function firstOf([address, bits]: IpRange): string {
  const cidr = `${address.toString()}/${bits}`;
  return "parts" in address
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr).toString()
    : ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
}
