import ipaddr from "ipaddr.js";
import { EncodingError, fromBase64 } from "@vaultproof/protocol/encoding";
import { EDGE_SIGNATURE } from "@vaultproof/protocol/edge-signature";
import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import { LIMITS } from "@vaultproof/protocol/limits";
import { z } from "zod";
import { inviteDigest } from "./developer/invites.js";
import { SecretBytes } from "./secret-bytes.js";

/** An edge that may sign requests. */
export interface EdgeSecret {
  readonly id: string;
  readonly secret: SecretBytes;
}

const SECRET_BYTES = 32;
const EDGE_ID = /^[A-Za-z0-9._-]{1,64}$/;
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const INVITE = new RegExp(`^[\\x21-\\x7e]{16,${LIMITS.inviteTokenChars}}$`);
const MAX_COUNT = 1_000_000_000;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

// No message here holds the value: an error at start-up goes to logs, and the value may be a secret put into the
// wrong variable.

/** base64 of exactly 32 bytes. */
export const secret32 = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes?.length === SECRET_BYTES) return new SecretBytes(bytes);
  return refuse(context, "must be base64 of exactly 32 bytes (make one with: openssl rand -base64 32)");
});

/** Comma-separated secrets as {@link secret32}. */
export const secretList = z.string().transform((text, context) => {
  const secrets = splitList(text)
    .map(decodeBase64)
    .flatMap((bytes) => (bytes?.length === SECRET_BYTES ? [new SecretBytes(bytes)] : []));
  return secrets.length === splitList(text).length
    ? secrets
    : refuse(context, "must be a comma-separated list of base64 values of exactly 32 bytes each");
});

/** `id:base64[,id:base64]`, ids unique, 32 bytes or more each. */
export const edgeSecrets = z.string().transform((text, context): EdgeSecret[] => {
  const entries: EdgeSecret[] = [];
  for (const entry of splitList(text)) {
    const colon = entry.indexOf(":");
    const id = entry.slice(0, Math.max(colon, 0));
    const bytes = decodeBase64(entry.slice(colon + 1));
    if (!EDGE_ID.test(id) || bytes === null) {
      return refuse(
        context,
        "must be id:base64[,id:base64], ids of letters, digits, dot, dash and underscore",
      );
    }
    if (bytes.length < EDGE_SIGNATURE.minSecretBytes) {
      return refuse(context, `must hold secrets of at least ${EDGE_SIGNATURE.minSecretBytes} bytes`);
    }
    if (entries.some((other) => other.id === id)) return refuse(context, "must not name an edge id twice");
    entries.push({ id, secret: new SecretBytes(bytes) });
  }
  return entries.length > 0 ? entries : refuse(context, "must hold at least one id:base64");
});

/** Comma-separated invites, each 16 printable characters or more; kept as digests. */
export const inviteList = z.string().transform((text, context) => {
  const tokens = splitList(text);
  if (tokens.length === 0 || !tokens.every((token) => INVITE.test(token))) {
    return refuse(
      context,
      `must be a comma-separated list of tokens of 16 to ${LIMITS.inviteTokenChars} printable characters each ` +
        "(make one with: openssl rand -hex 16)",
    );
  }
  if (new Set(tokens).size < tokens.length) return refuse(context, "must not hold a token twice");
  return tokens.map((token) => new SecretBytes(inviteDigest(token)));
});

/** Comma-separated fingerprints of Ed25519 keys. */
export const fingerprintList = z.string().transform((text, context) => {
  const fingerprints = splitList(text);
  return fingerprints.every((entry) => FINGERPRINT.test(entry))
    ? fingerprints
    : refuse(context, "must be a comma-separated list of fingerprints of 43 characters, as printed at start");
});

/** A TCP port; 0 takes a free one. */
export const port = integer({ min: 0, max: 65_535 });

/** At most so many; 0 for no limit. */
export const countOrOff = integer({ min: 0, max: MAX_COUNT });

/** Bytes of a body for the provider. */
export const bodyBytes = integer({ min: 1, max: MAX_BODY_BYTES });

/** Months, at most a century; 0 for all. */
export const months = integer({ min: 0, max: 1200 });

/** Seconds, at most a day. */
export const seconds = integer({ min: 1, max: 86_400 });

/** `on` or `off`. */
export const onOff = z.string().transform((text, context) => {
  if (/^(?:on|true|1)$/i.test(text)) return true;
  if (/^(?:off|false|0)$/i.test(text)) return false;
  return refuse(context, "must be on or off");
});

/** Comma-separated `host` or `host:port`, lowercase; IPv6 with a port in brackets. */
export const hostList = z.string().transform((text, context) => {
  const hosts = splitList(text).map((entry) => entry.toLowerCase());
  return hosts.every(isHostWithPort)
    ? hosts
    : refuse(context, "must be a comma-separated list of host or host:port");
});

/** Comma-separated `host`, `host:port` or CIDR. */
export const hostOrCidrList = z.string().transform((text, context) => {
  const entries = splitList(text).map((entry) => entry.toLowerCase());
  return entries.every((entry) => (entry.includes("/") ? ipaddr.isValidCIDR(entry) : isHostWithPort(entry)))
    ? entries
    : refuse(context, "must be a comma-separated list of host, host:port or CIDR, for example 10.0.0.0/8");
});

/** `postgres://…`; it may hold a password, so it counts as a secret in messages. */
export const databaseUrl = z
  .string()
  .refine(
    (text) => /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text),
    "must be a URL that begins with postgres:// or postgresql://",
  );

/** An http or https URL without credentials. */
export const httpUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}, "must be an http or https URL without credentials, for example http://collector:4318");

/** `name=value[,name=value]`, values percent-encoded, as OpenTelemetry writes headers; kept as JSON. */
export const headerList = z.string().transform((text, context) => {
  const entries = splitList(text).map(readHeader);
  return entries.length > 0 && entries.every((entry) => entry !== null)
    ? new SecretBytes(Buffer.from(JSON.stringify(Object.fromEntries(entries))))
    : refuse(context, "must be name=value[,name=value] with percent-encoded values");
});

/** The name of this service to others. */
export const serviceName = z.string().regex(/^[\x20-\x7e]{1,128}$/, "must be 1 to 128 printable characters");

/** What to listen on: a name or an address. */
export const listenHost = z
  .string()
  .refine(
    (text) => ipaddr.isValid(text) || HOST.test(text.toLowerCase()),
    "must be an IP address or a host name",
  );

function integer({ min, max }: { min: number; max: number }) {
  return z.string().transform((text, context) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max
      ? value
      : refuse(context, `must be a whole number from ${min} to ${max}`);
  });
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message, input: undefined });
  return z.NEVER;
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function readHeader(entry: string): [name: string, value: string] | null {
  const [, name = "", encoded = ""] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(.*)$/.exec(entry) ?? [];
  try {
    const value = decodeURIComponent(encoded);
    return name !== "" && /^[\x20-\x7e]+$/.test(value) ? [name.toLowerCase(), value] : null;
  } catch {
    return null;
  }
}

function decodeBase64(text: string): Uint8Array | null {
  try {
    return fromBase64(text.trim());
  } catch (error) {
    if (error instanceof EncodingError) return null;
    throw error;
  }
}

function isHostWithPort(entry: string): boolean {
  if (ipaddr.IPv6.isValid(entry)) return true;
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(entry);
  if (match === null) return false;
  const [, host = "", portText] = match;
  if (portText !== undefined && (Number(portText) < 1 || Number(portText) > 65_535)) return false;
  return host.startsWith("[") ? ipaddr.IPv6.isValid(host.slice(1, -1)) : HOST.test(host);
}
