/** Sizes and times that both sides must agree on. Bytes unless said otherwise. */
export const LIMITS = {
  /** A call's expiry lies at most this many seconds after the database's clock. */
  callLifetimeSeconds: 300,
  /** What a provider may be sent at most by default (`BODY_LIMIT`). */
  defaultBodyBytes: 10 * 1024 * 1024,
  /** JSON around a call's body: proof, shares, headers, `auth`. */
  callFrameBytes: 64 * 1024,
  /** A developer request: a store with 1,024 apps fits. */
  developerBodyBytes: 512 * 1024,
  targetPathChars: 8192,
  headerCount: 64,
  headerValueChars: 8192,
  labelChars: 128,
  inviteTokenChars: 256,
  /** A passphrase of a keystore or of a recovery kit has at least as many, after NFKC. */
  minPassphraseChars: 12,
  /** JSON of one list of restrictions. */
  restrictionsChars: 16 * 1024,
  /** Slots on one page of a developer's list. */
  listedSlots: 100,
  /** Pathological nesting is refused before anything recurses over it. */
  jsonDepth: 64,
  /** A small text can hold millions of values; strict JSON has at most this many commas and opening brackets together. */
  jsonValues: 100_000,
  proofBytes: 6464,
  /** What a developer's backend says of a user holds this many seconds at most. */
  identitySeconds: 24 * 60 * 60,
  accessTokenSeconds: 60 * 60,
  /** How far a backend's clock may be ahead of the database's. */
  identityClockSkewSeconds: 5,
} as const;

/** Bytes of a call as sent that carries `bodyLimit` bytes for the provider: base64 grows them by a third. */
export function callWireLimit(bodyLimit: number): number {
  return Math.ceil(bodyLimit / 3) * 4 + LIMITS.callFrameBytes;
}
