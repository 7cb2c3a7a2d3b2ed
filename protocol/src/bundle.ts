import { concatBytes, fromBase64Url, toBase64Url, utf8ToBytes } from "./encoding.js";
import { fieldFromBytes, fieldToBytes } from "./field.js";
import { digest, uint32be, uint64be } from "./framing.js";

/** What an app needs to make calls: a bearer secret. */
export interface AppBundle {
  /** Fingerprint of the server's identity: base64url SHA-256, 43 characters. */
  readonly serverIdentity: string;
  /** UUID v4, lowercase. */
  readonly slotId: string;
  readonly slotVersion: number;
  /** Origin of the slot's provider; absolute URLs elsewhere are refused. */
  readonly providerOrigin: string;
  readonly appId: string;
  readonly slotSecret: bigint;
  readonly appSecret: bigint;
  readonly share2: Uint8Array<ArrayBuffer>;
}

/** Text that is not a whole bundle. Never holds the text. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

const PREFIX = "vpb_";
const VERSION = 1;
const CHECKSUM_BYTES = 8;
const PARTS = 8;

/**
 * Layout: `vpb_` + base64url of
 * `version (1) ‖ framed(server identity, slot id, slot version (8), provider origin, app id, slot secret (32),
 * app secret (32), share 2) ‖ checksum (8)`; the checksum is the start of a digest of all before it, against cut or
 * mistyped copies, not against forgery.
 */
export function formatBundle(bundle: AppBundle): string {
  const parts = [
    utf8ToBytes(bundle.serverIdentity),
    utf8ToBytes(bundle.slotId),
    uint64be(bundle.slotVersion),
    utf8ToBytes(bundle.providerOrigin),
    utf8ToBytes(bundle.appId),
    fieldToBytes(bundle.slotSecret),
    fieldToBytes(bundle.appSecret),
    bundle.share2,
  ];
  const body = concatBytes(
    new Uint8Array([VERSION]),
    ...parts.flatMap((part) => [uint32be(part.length), part]),
  );
  return PREFIX + toBase64Url(concatBytes(body, checksum(body)));
}

/** Reads a bundle. Throws {@link BundleError} when it is not one, is cut, or holds surplus bytes. */
export function parseBundle(text: string): AppBundle {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw new BundleError("an app bundle begins with vpb_");
  const bytes = decodeBundle(trimmed.slice(PREFIX.length));
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).every((byte, i) => byte === bytes[body.length + i])) {
    throw new BundleError("the app bundle's checksum does not match: it was cut or mistyped");
  }
  if (body[0] !== VERSION) throw new BundleError("the app bundle has an unknown version");
  return fromParts(readParts(body.subarray(1)));
}

function fromParts(parts: readonly Uint8Array[]): AppBundle {
  const [identity, slotId, version, origin, appId, slotSecret, appSecret, share2] = parts;
  if (
    !identity ||
    !slotId ||
    version?.length !== 8 ||
    !origin ||
    !appId ||
    !slotSecret ||
    !appSecret ||
    !share2
  ) {
    throw new BundleError("the app bundle's parts are incomplete");
  }
  const text = new TextDecoder("utf-8", { fatal: true });
  return {
    serverIdentity: text.decode(identity),
    slotId: text.decode(slotId),
    slotVersion: Number(new DataView(version.buffer, version.byteOffset, 8).getBigUint64(0)),
    providerOrigin: text.decode(origin),
    appId: text.decode(appId),
    slotSecret: fieldFromBytes(slotSecret),
    appSecret: fieldFromBytes(appSecret),
    share2: new Uint8Array(share2),
  };
}

function readParts(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = offset + 4 <= bytes.length ? offset + 4 + view.getUint32(offset) : Infinity;
    if (end > bytes.length) throw new BundleError("the app bundle is cut");
    parts.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  if (parts.length !== PARTS) throw new BundleError("the app bundle has parts too many or too few");
  return parts;
}

function decodeBundle(text: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = fromBase64Url(text);
    if (bytes.length > 1 + CHECKSUM_BYTES) return bytes;
  } catch {
    throw new BundleError("the app bundle is not base64url");
  }
  throw new BundleError("the app bundle is cut");
}

function checksum(body: Uint8Array): Uint8Array {
  return digest("vaultproof bundle checksum v1", body).subarray(0, CHECKSUM_BYTES);
}
