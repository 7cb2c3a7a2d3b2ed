import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isPrivateNetworkAddress, isPublicAddress } from "./public-address.js";

/** An entry of an operator's list that cannot be read. Names the entry; such lists hold no secrets. */
export class EgressPolicyError extends Error {
  override readonly name = "EgressPolicyError";
}

/** What the server may connect to on behalf of a slot. */
export interface EgressPolicy {
  /**
   * Whether a slot's base URL may be called as far as the URL alone tells: its scheme, and its host where that is an
   * address already.
   */
  allowsOrigin(baseUrl: string): boolean;
  /** Whether `address` may be dialled for that host and port. */
  allowsAddress(target: DialTarget): boolean;
}

/** One connection about to be made, or made. */
export interface DialTarget {
  /** Host of the base URL, without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Of the peer. */
  readonly address: string;
}

interface HostEntry {
  readonly hostname: string;
  readonly port: number | undefined;
}

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Makes the policy: HTTPS to public addresses, and what the operator lists besides.
 *
 * @param options.allowInsecure `UPSTREAM_ALLOW_INSECURE`: `host` or `host:port` that may be called over plain HTTP.
 * @param options.allowPrivate `UPSTREAM_ALLOW_PRIVATE`: names that may lie in a private network, and addresses and CIDR
 *   ranges that may be dialled, whatever they are.
 * @throws EgressPolicyError
 */
export function createEgressPolicy(options: {
  readonly allowInsecure: readonly string[];
  readonly allowPrivate: readonly string[];
}): EgressPolicy {
  const insecure = options.allowInsecure.map(readHost);
  const ranges = options.allowPrivate.filter((entry) => entry.includes("/")).map(readRange);
  const hosts = options.allowPrivate.filter((entry) => !entry.includes("/")).map(readHost);

  const allowsAddress = ({ hostname, port, address }: DialTarget): boolean =>
    isPublicAddress(address) ||
    (lists(hosts, hostname, port) && isPrivateNetworkAddress(address)) ||
    lists(hosts, address, port) ||
    ranges.some((range) => isIn(range, address));

  return {
    allowsAddress,
    allowsOrigin(baseUrl) {
      if (!URL.canParse(baseUrl)) return false;
      const { protocol, hostname, port } = dialOf(new URL(baseUrl));
      if (protocol !== "https:" && !(protocol === "http:" && lists(insecure, hostname, port))) return false;
      return isIP(hostname) === 0 || allowsAddress({ hostname, port, address: hostname });
    },
  };
}

/** Scheme, host without brackets, and port of an origin. */
export function dialOf(url: URL): {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
} {
  const { protocol, port } = url;
  const usual = protocol === "http:" ? 80 : 443;
  return {
    protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? usual : Number(port),
  };
}

function lists(entries: readonly HostEntry[], hostname: string, port: number): boolean {
  return entries.some((entry) => entry.hostname === hostname && (entry.port ?? port) === port);
}

function readHost(entry: string): HostEntry {
  const text = isIP(entry) === 6 ? `[${entry}]` : entry;
  // The port is read from the text, because a URL drops its scheme's usual one.
  const port = /:(\d{1,5})$/.exec(text.replace(/^\[.*\]/, "v6"))?.[1];
  try {
    const url = new URL(`https://${text}`);
    if (/[/?#@\s*]/.test(text) || Number(port ?? 1) < 1) throw new Error("not a host");
    return { hostname: dialOf(url).hostname, port: port === undefined ? undefined : Number(port) };
  } catch {
    throw new EgressPolicyError(`not a host or host:port: ${JSON.stringify(entry)}`);
  }
}

function readRange(entry: string): Range {
  try {
    return ipaddr.parseCIDR(entry);
  } catch {
    throw new EgressPolicyError(`not a CIDR range: ${JSON.stringify(entry)}`);
  }
}

function isIn([network, bits]: Range, text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // A mapped address is the IPv4 address that it maps.
  const address = ipaddr.process(text);
  return address.kind() === network.kind() && address.match(network, bits);
}
