import { generatedManifest } from "./generated/manifest.js";

/** What the committed circuit artifacts are and what made them. Digests are lowercase hex SHA-256. */
export interface CircuitManifest {
  readonly circuit: string;
  /** Compiler version with its commit, as the compiler states it. */
  readonly noir: string;
  /** Exact versions of the packages that execute and prove; they move together with the compiler. */
  readonly noirJs: string;
  readonly bbJs: string;
  readonly verifierTarget: string;
  /** Rows that bb counts; 1019 is the most that fits 2^10 with zero-knowledge on. */
  readonly rows: number;
  readonly publicInputs: number;
  readonly proofBytes: number;
  /** Of `artifacts/key_auth.json`. */
  readonly programSha256: string;
  /** Of `artifacts/vk.bin`. */
  readonly verificationKeySha256: string;
  readonly referenceString: {
    /** G1 points that proving needs, 64 bytes each. */
    readonly points: number;
    readonly g1Sha256: string;
    readonly g2Sha256: string;
  };
}

/** The manifest of the artifacts in this version, as data so that bundlers need no file loader. */
export const manifest: CircuitManifest = generatedManifest;
