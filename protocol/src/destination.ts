import { digest } from "./framing.js";

/** The one place that a key may be sent to, and how it is presented there. */
export interface Destination {
  readonly provider: string;
  /** An origin only: `https://host[:port]`, lowercase, default port omitted. */
  readonly baseUrl: string;
  readonly headerName: string;
  /** With `{key}` exactly once, for example `Bearer {key}`. */
  readonly headerTemplate: string;
}

/** 32 bytes that stand for a destination inside the record and in the sealing of share 1. */
export function destinationDigest(destination: Destination): Uint8Array<ArrayBuffer> {
  const { provider, baseUrl, headerName, headerTemplate } = destination;
  return digest("vaultproof destination v1", provider, baseUrl, headerName, headerTemplate);
}
