import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import t from "tap";
import { ArtifactMismatchError, assertArtifacts } from "@vaultproof/circuits/integrity";
import { keyAuthProgram, keyAuthProgramJson } from "@vaultproof/circuits/key-auth-program";
import { manifest } from "@vaultproof/circuits/manifest";
import { proofBytes, proofSettings, publicInputOrder } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";

const checkout = new URL("../../../../", import.meta.url);
const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

void t.test("the committed artifacts are what source and pinned tools make", async (t) => {
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const script = fileURLToPath(new URL("circuits/dist/scripts/check.js", checkout));
    const child = execFile(process.execPath, [script], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
  t.equal(code, 0, output);
  t.match(output, "6 artifacts are as rebuilt");
});

void t.test("modules and files hold the same", (t) => {
  const file = (name: string): Buffer => readFileSync(new URL(`circuits/artifacts/${name}`, checkout));
  t.equal(keyAuthProgramJson, file("key_auth.json").toString());
  t.ok(file("vk.bin").equals(verificationKey));
  t.strictSame(manifest, JSON.parse(file("manifest.json").toString()));
  t.end();
});

void t.test("nothing of the machine that built it is in the program", (t) => {
  t.notMatch(keyAuthProgramJson, /\/(home|root|work|tmp|Users)\b|file_map|debug_symbols/);
  t.end();
});

void t.test("the manifest says what the circuit is", async (t) => {
  const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
  t.teardown(() => backend.destroy());
  const { numGates } = await backend.circuitStats({
    circuit: {
      name: "key_auth",
      bytecode: gunzipSync(Buffer.from(keyAuthProgram.bytecode, "base64")),
      verificationKey: new Uint8Array(),
    },
    includeGatesPerOpcode: false,
    settings: proofSettings,
  });
  t.equal(numGates, manifest.rows);
  t.ok(numGates <= 1019, "fits 2^10 rows, so that 1,025 points suffice");
  t.equal(manifest.proofBytes, proofBytes);
  t.strictSame(
    keyAuthProgram.abi.parameters.filter(({ visibility }) => visibility === "public").map(({ name }) => name),
    ["vault_commitment", "app_root", "app_id_hash", "nullifier", "request_hash"],
  );
  t.equal(publicInputOrder.length, manifest.publicInputs);
});

void t.test("an artifact that is not the manifest's is refused by name", async (t) => {
  await t.resolves(assertArtifacts({ manifest, sha256, programJson: keyAuthProgramJson, verificationKey }));
  await t.resolves(assertArtifacts({ manifest, sha256, verificationKey }), "a verifier has no program");

  const changed = Uint8Array.from(verificationKey);
  changed[1000] = (changed[1000] ?? 0) ^ 1;
  const key = await assertArtifacts({ manifest, sha256, verificationKey: changed }).catch((e: unknown) => e);
  t.ok(key instanceof ArtifactMismatchError);
  t.match(key, { artifact: "verification key" });

  const programJson = keyAuthProgramJson.replace("app root", "app loot");
  const program = await assertArtifacts({ manifest, sha256, programJson, verificationKey }).catch(
    (e: unknown) => e,
  );
  t.ok(program instanceof ArtifactMismatchError);
  t.match(program, { artifact: "program" });
});
