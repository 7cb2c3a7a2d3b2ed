import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifest } from "@vaultproof/circuits/manifest";
import { FIELD_MODULUS, fieldToHex } from "@vaultproof/protocol/field";
import { compileNoirProgram } from "../helpers/noir-program.js";

// Writes poseidon2-noir.json: what Noir itself computes, for the TypeScript code to be checked against. Run it by
// `node test/dist/vectors/make-poseidon2-noir.js` after the compiler changed; the values must not.

const largest = FIELD_MODULUS - 1n;

const states = [
  [0n, 1n, 2n, 3n],
  [0n, 0n, 0n, 0n],
  [1n, 0n, 0n, 0n],
  [0n, 0n, 0n, 1n],
  [largest, largest, largest, largest],
  [1n << 253n, 1n << 128n, 1n << 64n, largest],
];

const compressions = [1n, 2n, 3n, 4n].flatMap((domain) => [
  [domain, 0n, 0n, 0n],
  [domain, 1n, 2n, 0n],
  [domain, 1n << 247n, largest, 5n],
]);

const trees = [
  [],
  [[0, 1n]],
  [[1023, 1n]],
  [
    [0, 1n],
    [1, 2n],
  ],
  [
    [0, largest],
    [2, 3n],
    [511, 4n],
    [512, 5n],
    [1022, 6n],
  ],
] as [number, bigint][][];

const permutation = await compileNoirProgram("permutation");
const appRoot = await compileNoirProgram("app_root");

async function permute(state: readonly bigint[]): Promise<string[]> {
  const output = await permutation.execute({ state: state.map(String) });
  return (output as string[]).map((lane) => fieldToHex(BigInt(lane)));
}

async function rootOf(placed: readonly (readonly [number, bigint])[]): Promise<string> {
  const leaves = new Array<string>(1024).fill("0");
  for (const [index, leaf] of placed) leaves[index] = String(leaf);
  return fieldToHex(BigInt((await appRoot.execute({ leaves })) as string));
}

const vectors = {
  madeBy: `Noir ${manifest.noir}, std::hash::poseidon2_permutation`,
  permutation: await Promise.all(
    states.map(async (state) => ({ state: state.map(fieldToHex), output: await permute(state) })),
  ),
  compress: await Promise.all(
    compressions.map(async ([domain = 0n, a = 0n, b = 0n, c = 0n]) => ({
      domain: Number(domain),
      inputs: [a, b, c].map(fieldToHex),
      output: (await permute([a, b, c, domain]))[0],
    })),
  ),
  appRoot: await Promise.all(
    trees.map(async (placed) => ({
      leaves: placed.map(([index, leaf]) => ({ index, leaf: fieldToHex(leaf) })),
      appRoot: await rootOf(placed),
    })),
  ),
};

writeFileSync(
  fileURLToPath(new URL("../../vectors/poseidon2-noir.json", import.meta.url)),
  `${JSON.stringify(vectors, null, 2)}\n`,
);
