import { concatBytes, fromBase64Url, toBase64Url, utf8ToBytes } from "./encoding.js";
import { fieldFromBytes, fieldToBytes } from "./field.js";
import { bigEndian, digest, uint32be, uint64be } from "./framing.js";
import { APP_ID, FINGERPRINT, KEY_SLOT_ID } from "./identifiers.js";
import { normaliseBaseUrl } from "./providers.js";
import { isShareLength } from "./record.js";
import { redacted } from "./redacted.js";

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
// A byte order mark is a byte like any other: leaving it out would read two bundles as one.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Layout: `vpb_` + base64url of
 * `version (1) ‖ framed(server identity, slot id, slot version (8), provider origin, app id, slot secret (32),
 * app secret (32), share 2) ‖ checksum (8)`; the checksum is the start of a digest of all before it, against cut or
 * mistyped copies, not against forgery.
 *
 * @throws BundleError when a member is not what {@link parseBundle} would take.
 */
export function formatBundle(bundle: AppBundle): string {
  assertMembers(bundle);
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

/**
 * Reads a bundle; the result prints redacted. White space around the text is ignored.
 *
 * @throws BundleError when it is not one, is cut, holds surplus bytes, or names what cannot be (slot, app, origin).
 */
export function parseBundle(text: string): AppBundle {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw new BundleError("an app bundle begins with vpb_");
  const bytes = decodeBundle(trimmed.slice(PREFIX.length));
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).every((byte, i) => byte === bytes[body.length + i])) {
    throw new BundleError("the app bundle's checksum does not match: it was cut or mistyped");
  }
  if (body[0] !== VERSION) throw new BundleError("the app bundle has an unknown version");
  const bundle = fromParts(readParts(body.subarray(1)));
  assertMembers(bundle);
  return redacted(bundle, "[app bundle]");
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
  try {
    return {
      serverIdentity: UTF8.decode(identity),
      slotId: UTF8.decode(slotId),
      slotVersion: Number(bigEndian(version)),
      providerOrigin: UTF8.decode(origin),
      appId: UTF8.decode(appId),
      slotSecret: fieldFromBytes(slotSecret),
      appSecret: fieldFromBytes(appSecret),
      share2: new Uint8Array(share2),
    };
  } catch {
    throw new BundleError("the app bundle's parts are malformed");
  }
}

// A bundle comes from outside: what it names is judged before anything is sent there or derived from it.
function assertMembers(bundle: AppBundle): void {
  const wellFormed =
    FINGERPRINT.test(bundle.serverIdentity) &&
    KEY_SLOT_ID.test(bundle.slotId) &&
    Number.isSafeInteger(bundle.slotVersion) &&
    bundle.slotVersion >= 1 &&
    isOrigin(bundle.providerOrigin) &&
    APP_ID.test(bundle.appId) &&
    isShareLength(bundle.share2.length);
  if (!wellFormed) throw new BundleError("the app bundle's parts are malformed");
}

function isOrigin(text: string): boolean {
  try {
    return normaliseBaseUrl(text) === text;
  } catch {
    return false;
  }
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
