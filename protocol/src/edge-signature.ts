const COMPONENTS = ["@method", "@path", "@query", "content-digest", "vp-client-ip"] as const;
const COMPONENTS_WITH_ORIGIN = [...COMPONENTS, "origin"] as const;

/**
 * How an edge signs each request for the backend: RFC 9421, `hmac-sha256`, under a secret that both hold.
 * Times are seconds; the skew is how far ahead of the backend's clock an edge's may run.
 */
export const EDGE_SIGNATURE = {
  label: "vp-edge",
  tag: "vaultproof-edge",
  algorithm: "hmac-sha256",
  lifetimeSeconds: 30,
  maxSkewSeconds: 5,
  minSecretBytes: 32,
  components: COMPONENTS,
} as const;

/** Set by the edge on every request: the canonical text of the client's address. */
export const CLIENT_IP_HEADER = "vp-client-ip";

/** The components that an edge signature must cover, in order. A present `Origin` may not go uncovered. */
export function edgeComponents(hasOrigin: boolean): readonly string[] {
  return hasOrigin ? COMPONENTS_WITH_ORIGIN : COMPONENTS;
}
