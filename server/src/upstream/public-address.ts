import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Where an IPv6 address that reaches the public internet lies today (IANA: 2000::/3 is all that is allocated). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
/** NAT64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address that is really reached. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const IPV4_COMPATIBLE = /^::\d+\./;
/** A cloud's own metadata and control services on every machine of it that are not link-local: Azure, Alibaba, AWS, Google. */
const CLOUD_SERVICES = new Set(["168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"]);
const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  "private",
  "loopback",
  "uniqueLocal",
  "carrierGradeNat",
]);

/**
 * Whether an address may be dialled without the operator's say-so: public unicast only. An IPv4 address inside an
 * IPv6 one (mapped, NAT64) is judged itself; 6to4, Teredo and the deprecated compatible form are refused whole.
 *
 * @param text an address as the resolver or the URL parser writes it; anything else is not public.
 */
export function isPublicAddress(text: string): boolean {
  // Stricter than the library, which takes short IPv4 forms, and reads ::8.8.8.8 as the mapped address it is not.
  if (isIP(text) === 0 || IPV4_COMPATIBLE.test(text)) return false;
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? isPublicIpv4(address) : isPublicIpv6(address);
}

/**
 * Whether an address is one of a network of one's own, where a name that an operator lists may lead. Metadata services,
 * link-local and all other special addresses are not: those must be listed by their address.
 */
export function isPrivateNetworkAddress(text: string): boolean {
  if (isIP(text) === 0 || IPV4_COMPATIBLE.test(text)) return false;
  const address = ipaddr.process(text);
  return PRIVATE_RANGES.has(address.range()) && !CLOUD_SERVICES.has(address.toString());
}

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && !CLOUD_SERVICES.has(address.toString());
}

function isPublicIpv6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) return isPublicIpv4(address.toIPv4Address());
  if (address.match(NAT64)) return isPublicIpv4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  return address.match(GLOBAL_UNICAST) && address.range() === "unicast";
}
