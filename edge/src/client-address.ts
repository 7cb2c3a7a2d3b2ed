import ipaddr from "ipaddr.js";

type Address = ReturnType<typeof ipaddr.parse>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Tells whether an address belongs to a proxy whose `X-Forwarded-For` counts. */
export type TrustedProxies = (address: string) => boolean;

const MAPPED_PREFIX_BITS = 96;
// Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[0-9.]+))(?::[0-9]{1,5})?$/;

/**
 * Reads a list of proxies: single addresses and CIDR ranges.
 *
 * @throws TypeError that names the first entry that is neither.
 */
export function trustProxies(entries: readonly string[]): TrustedProxies {
  const networks = entries.map(readNetwork);
  if (networks.length === 0) return () => false;
  return (text) => {
    const address = readAddress(text);
    return address !== null && networks.some((network) => isWithin(address, network));
  };
}

/** The one spelling of an address: IPv4-mapped IPv6 as IPv4, IPv6 as in RFC 5952 and without its zone. Null if it is none. */
export function canonicalAddress(text: string): string | null {
  return readAddress(text)?.toString() ?? null;
}

/**
 * The address that a request came from: the peer's, or behind trusted proxies the right-most address of
 * `X-Forwarded-For` that is not one of them. What stands further left is the client's own claim.
 *
 * @returns canonical text, or null when the peer's address is unknown.
 */
export function clientAddress(options: {
  readonly peerAddress: string;
  readonly forwardedFor: string | null;
  readonly isTrusted: TrustedProxies;
}): string | null {
  let nearest = canonicalAddress(options.peerAddress);
  if (nearest === null || options.forwardedFor === null) return nearest;
  const hops = options.forwardedFor.split(",");
  while (options.isTrusted(nearest)) {
    const hop = hops.pop()?.trim();
    if (hop === undefined) break;
    const groups = WITH_PORT.exec(hop)?.groups;
    const next = canonicalAddress(groups?.v6 ?? groups?.v4 ?? hop);
    // A trusted proxy that writes no address has told nothing; whatever is left of it was not seen by anyone trusted.
    if (next === null) break;
    nearest = next;
  }
  return nearest;
}

/** What a rate limit counts as one client: an IPv4 address, or the /64 that an IPv6 client has to itself. */
export function addressBlock(canonical: string): string {
  const address = readAddress(canonical);
  if (address === null || !("parts" in address)) return canonical;
  return address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":");
}

function readAddress(text: string): Address | null {
  // The parser would also take `127.1`, octal and hexadecimal forms.
  if (!text.includes(":")) return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : null;
  if (!ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.process(text);
  if ("zoneId" in address) delete address.zoneId;
  return address;
}

function readNetwork(entry: string): Network {
  const address = readAddress(entry);
  if (address !== null) return [address, "parts" in address ? 128 : 32];
  const isCidr = entry.includes(":")
    ? ipaddr.IPv6.isValidCIDR(entry)
    : ipaddr.IPv4.isValidCIDRFourPartDecimal(entry);
  if (!isCidr) throw new TypeError(`"${entry}" is neither an address nor a CIDR range`);
  const [base, bits] = ipaddr.parseCIDR(entry);
  if ("parts" in base && base.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS) {
    return [base.toIPv4Address(), bits - MAPPED_PREFIX_BITS];
  }
  return [base, bits];
}

function isWithin(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}
