import { createHash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** `vpg_` and 43 base64url characters: what stands in place of a provider's key. */
export const GATEWAY_TOKEN = /vpg_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g;

/** A new gateway token. The gateway on this machine takes it; the service knows nothing of it. */
export function newGatewayToken(): string {
  return `vpg_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
}

/** SHA-256 of a token, hex, as projects keep it. */
export function gatewayTokenDigest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
