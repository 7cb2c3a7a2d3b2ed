/**
 * All that verification needs of the reference string: its first two points in G1 and its one point in G2. From the
 * Aztec Ignition ceremony, as the transcript publishes them (the first is the generator of BN254's G1, the second
 * and the third are it and G2's generator multiplied by the ceremony's secret); they are the first 128 bytes of
 * `bn254_g1.dat` and the whole of `bn254_g2.dat`, whose digests stand in the circuit's manifest.
 */
export const verifierPoints = {
  count: 2,
  /** Two points of 64 bytes: affine x and y, big-endian. */
  g1: Uint8Array.from(
    Buffer.from(
      "0000000000000000000000000000000000000000000000000000000000000001" +
        "0000000000000000000000000000000000000000000000000000000000000002" +
        "2d360628289ff943ff6bd1a87bbe4e62abe7fb61ba83effd266f22bdcf31e6f9" +
        "26b92a79e563c3f48252cce7feeca2f0f8d33dcb4ef7b0643bf07bd405700aaa",
      "hex",
    ),
  ),
  /** One point of 128 bytes over the quadratic extension. */
  g2: Uint8Array.from(
    Buffer.from(
      "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0" +
        "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1" +
        "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55" +
        "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4",
      "hex",
    ),
  ),
} as const;
