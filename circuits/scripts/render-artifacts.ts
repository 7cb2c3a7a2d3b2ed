import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { CircuitManifest } from "../src/manifest.js";
import { proofBytes, publicInputOrder, verifierTarget } from "../src/proof-settings.js";
import type { PortableProgram } from "./compile-program.js";
import { referenceStringDigests, referenceStringPoints, sha256Hex } from "./reference-string.js";

/** The most rows that prove with 1,025 points: 2^10 less what zero-knowledge takes. */
const rowLimit = 1019;

/** Paths below `circuits/`, each with the bytes that belong there. */
export type Artifacts = Map<string, Uint8Array>;

/**
 * Everything that is committed of a build: the three artifacts, and the same as modules, which Node and bundlers
 * load alike.
 *
 * @throws Error if the circuit outgrew its rows or its public inputs are not the documented ones
 */
export function renderArtifacts({
  program,
  verificationKey,
  rows,
}: {
  program: PortableProgram;
  verificationKey: Uint8Array;
  rows: number;
}): Artifacts {
  if (rows > rowLimit) throw new Error(`key_auth has ${rows} rows, more than ${rowLimit}`);
  const names = program.abi.parameters
    .filter(({ visibility }) => visibility === "public")
    .map(({ name }) => name);
  if (names.join() !== publicInputOrder.join())
    throw new Error(`key_auth has the public inputs ${names.join(", ")}, not ${publicInputOrder.join(", ")}`);

  const programJson = `${JSON.stringify(program, null, 1)}\n`;
  const manifest = describe({ program, programJson, verificationKey, rows });
  return new Map(
    Object.entries({
      "artifacts/key_auth.json": Buffer.from(programJson),
      "artifacts/vk.bin": verificationKey,
      "artifacts/manifest.json": Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
      "src/generated/key-auth-program.ts": renderModule("generatedProgramJson", programJson),
      "src/generated/verification-key.ts": renderModule(
        "generatedVerificationKey",
        Buffer.from(verificationKey).toString("base64"),
      ),
      "src/generated/manifest.ts": renderModule("generatedManifest", manifest),
    }),
  );
}

function describe({
  program,
  programJson,
  verificationKey,
  rows,
}: {
  program: PortableProgram;
  programJson: string;
  verificationKey: Uint8Array;
  rows: number;
}): CircuitManifest {
  return {
    circuit: "key_auth",
    noir: program.noir_version,
    noirJs: installedVersion("@noir-lang/noir_js"),
    bbJs: installedVersion("@aztec/bb.js"),
    verifierTarget,
    rows,
    publicInputs: publicInputOrder.length,
    proofBytes,
    programSha256: sha256Hex(Buffer.from(programJson)),
    verificationKeySha256: sha256Hex(verificationKey),
    referenceString: {
      points: referenceStringPoints,
      g1Sha256: referenceStringDigests.g1,
      g2Sha256: referenceStringDigests.g2,
    },
  };
}

function renderModule(name: string, value: string | CircuitManifest): Uint8Array {
  return Buffer.from(
    `// Made by \`npm run circuits:build\`, compared by \`npm run circuits:check\`.\n` +
      `export const ${name} = ${JSON.stringify(value, null, 2)};\n`,
  );
}

/** Read beside the module, since not every package exports its package.json. */
function installedVersion(name: string): string {
  const require = createRequire(import.meta.url);
  const folder = require.resolve.paths(name)?.find((candidate) => existsSync(join(candidate, name)));
  if (folder === undefined) throw new Error(`${name} is not installed`);
  return (require(join(folder, name, "package.json")) as { version: string }).version;
}
