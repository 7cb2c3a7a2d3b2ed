import type { CircuitManifest } from "./manifest.js";

/** SHA-256 of the bytes, 32 bytes; passed in, so that Node and browsers each use what they have. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;

/** An artifact is not the one that the manifest names. */
export class ArtifactMismatchError extends Error {
  readonly artifact: "program" | "verification key";

  constructor({
    artifact,
    expected,
    actual,
  }: {
    artifact: ArtifactMismatchError["artifact"];
    expected: string;
    actual: string;
  }) {
    super(
      `The ${artifact} of the circuit is not the one in its manifest: SHA-256 ${actual}, expected ${expected}. ` +
        "Reinstall the package, or run `npm run circuits:build` if the circuit was changed on purpose.",
    );
    this.name = "ArtifactMismatchError";
    this.artifact = artifact;
  }
}

/**
 * Compares the artifacts that the caller is about to use with the manifest; both server and SDK call it before
 * anything else, since a proof made or checked with another circuit would be worthless.
 *
 * @param programJson - the text of the compiled program; left out by a verifier, which has none
 * @param verificationKey - its bytes
 * @throws {ArtifactMismatchError} on the first one that differs
 */
export async function assertArtifacts({
  manifest,
  sha256,
  programJson,
  verificationKey,
}: {
  manifest: CircuitManifest;
  sha256: Sha256;
  programJson?: string;
  verificationKey: Uint8Array;
}): Promise<void> {
  if (programJson !== undefined) {
    const actual = hex(await sha256(new TextEncoder().encode(programJson)));
    if (actual !== manifest.programSha256)
      throw new ArtifactMismatchError({ artifact: "program", expected: manifest.programSha256, actual });
  }
  const actual = hex(await sha256(Uint8Array.from(verificationKey)));
  if (actual !== manifest.verificationKeySha256)
    throw new ArtifactMismatchError({
      artifact: "verification key",
      expected: manifest.verificationKeySha256,
      actual,
    });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
