import { createPublicKey, verify } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { findDeveloper, type Developer } from "@vaultproof/db/queries/find-developer";
import { useNonce, type NonceResult } from "@vaultproof/db/queries/use-nonce";
import { DEVELOPER_SIGNATURE, SERVER_HEADER, keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import {
  readSignature,
  serializeComponent,
  type ParsedSignature,
  type SignedRequest,
} from "@vaultproof/protocol/message-signatures";
import { ServerError } from "../errors.js";

/** What verifying a developer's signature takes. */
export interface DeveloperVerification {
  readonly db: Database;
  /** Fingerprint of this server: a request meant for another one is refused. */
  readonly fingerprint: string;
  /** `DEVELOPER_REQUESTS_PER_MINUTE`; 0 for no limit. */
  readonly developerRequestsPerMinute: number;
  /** Unix seconds. */
  readonly clock: () => number;
}

/** A developer whose signature on this request holds and was not used before. */
export interface VerifiedDeveloper {
  /** base64url SHA-256 of the public key. */
  readonly id: string;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** What the database made of the request's nonce. */
  readonly admission: Exclude<NonceResult, { readonly outcome: "used" }>;
}

/** How far ahead of the server's a developer's clock may run; as much as the lifetime lets it run behind. */
const MAX_SKEW_SECONDS = DEVELOPER_SIGNATURE.lifetimeSeconds;
const COMPONENTS = DEVELOPER_SIGNATURE.components.map(serializeComponent).join(" ");
const NONCE = /^[\x21-\x7e]{16,256}$/;
const KEY_ID = /^[A-Za-z0-9_-]{43}$/;
/** Verified against when the key id is unknown, so that the answer takes as long. Any point of the curve does. */
const NOBODY = new Uint8Array(
  Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex"),
);

/**
 * Checks the signature of a registered developer and uses its nonce up. Whether the developer has made too many
 * requests is {@link assertAdmitted}'s to say: that answer is signed like any other.
 *
 * @throws ServerError `unauthorized` for every cause alike.
 */
export async function verifyDeveloper(
  message: SignedRequest,
  verification: DeveloperVerification,
): Promise<VerifiedDeveloper> {
  const { db, fingerprint, clock } = verification;
  const { signature, keyid } = readDeveloperSignature(message, { fingerprint, now: clock() });
  const developer = await findDeveloper(db, keyid);
  const publicKey = developer?.publicKey ?? NOBODY;
  if (!verifyWith(publicKey, signature) || !isActive(developer)) throw new ServerError("unauthorized");
  return { id: keyid, publicKey, admission: await burnNonce(verification, signature, keyid) };
}

/**
 * Refuses a developer who has made too many requests in this minute.
 *
 * @throws ServerError `rateLimited`.
 */
export function assertAdmitted(
  { admission }: VerifiedDeveloper,
  { clock, developerRequestsPerMinute }: Pick<DeveloperVerification, "clock" | "developerRequestsPerMinute">,
): void {
  if (admission.outcome === "fresh") return;
  const { used, resetAt: reset } = admission;
  throw new ServerError("rateLimited", {
    extra: { reason: "Requests of the developer", limit: developerRequestsPerMinute, used, reset },
    headers: { "retry-after": String(Math.max(1, Math.ceil(reset - clock()))) },
  });
}

/**
 * Checks the signature of somebody who registers: by the public key that is being registered.
 *
 * @param publicKey raw Ed25519, 32 bytes, as in the body.
 * @param verifySignature strict verification, which also refuses the keys under which a signature proves nothing.
 * @throws ServerError `unauthorized`.
 */
export async function verifyPossession(
  message: SignedRequest,
  publicKey: Uint8Array,
  verification: DeveloperVerification & {
    readonly verifySignature: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  },
): Promise<VerifiedDeveloper> {
  const { fingerprint, clock, verifySignature } = verification;
  const { signature, keyid } = readDeveloperSignature(message, { fingerprint, now: clock() });
  const holds =
    keyid === keyFingerprint(publicKey) && verifySignature(publicKey, signature.base, signature.signature);
  if (!holds) throw new ServerError("unauthorized");
  return { id: keyid, publicKey, admission: await burnNonce(verification, signature, keyid) };
}

function readDeveloperSignature(
  message: SignedRequest,
  { fingerprint, now }: { fingerprint: string; now: number },
): { signature: ParsedSignature; keyid: string } {
  const signature = readSignature(message, DEVELOPER_SIGNATURE.label);
  if (signature === null) throw new ServerError("unauthorized");
  const { created, expires = 0, nonce = "", keyid = "", alg, tag } = signature.parameters;
  const asAgreed =
    signature.components.join(" ") === COMPONENTS &&
    tag === DEVELOPER_SIGNATURE.tag &&
    (alg === undefined || alg === DEVELOPER_SIGNATURE.algorithm) &&
    created <= now + MAX_SKEW_SECONDS &&
    expires > created &&
    expires <= created + DEVELOPER_SIGNATURE.lifetimeSeconds &&
    expires >= Math.floor(now) &&
    NONCE.test(nonce) &&
    KEY_ID.test(keyid) &&
    message.header(SERVER_HEADER) === fingerprint;
  if (!asAgreed) throw new ServerError("unauthorized");
  return { signature, keyid };
}

function isActive(developer: Developer | null): boolean {
  return developer?.status === "active";
}

function verifyWith(publicKey: Uint8Array, { base, signature }: ParsedSignature): boolean {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: toBase64Url(publicKey) },
    format: "jwk",
  });
  return verify(null, base, key, signature);
}

/** After the signature, never before: somebody else's request must not use a developer's nonce up. */
async function burnNonce(
  { db, developerRequestsPerMinute: perMinute }: DeveloperVerification,
  signature: ParsedSignature,
  developerId: string,
): Promise<VerifiedDeveloper["admission"]> {
  const { nonce = "", expires = 0 } = signature.parameters;
  const result = await useNonce(db, { developerId, nonce, expiresAt: expires, perMinute });
  if (result.outcome === "used") throw new ServerError("unauthorized");
  return result;
}

/** The developer whom a request names, whoever signed it; undefined where it names none. */
export function namedDeveloper(message: SignedRequest): string | undefined {
  const keyid = readSignature(message, DEVELOPER_SIGNATURE.label)?.parameters.keyid;
  return keyid !== undefined && KEY_ID.test(keyid) ? keyid : undefined;
}
