import { BackendType, Barretenberg } from "@aztec/bb.js";
import t from "tap";
import { proofBytes, proofSettings, publicInputOrder } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { fieldFromBytes, fieldToBytes, FIELD_MODULUS } from "@vaultproof/protocol/field";
import { type ProvedStatement, proveKeyAuth, readProofVector } from "../../helpers/key-auth-proof.js";
import { makeKeyAuthInputs } from "../../helpers/key-auth-witness.js";
import { findReferenceString, noReferenceString } from "../../helpers/reference-string.js";

// What bb itself says to the committed proof and to changed ones, without the server's own checks before it.

const referenceString = findReferenceString();

void t.test("with the reference string", { skip: referenceString ? false : noReferenceString }, async (t) => {
  if (!referenceString) return;
  const { g1, g2, points } = referenceString;
  const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
  t.teardown(() => backend.destroy());
  await backend.srsInitSrs({ pointsBuf: g1, numPoints: points, g2Point: g2 });

  /** A throw of the verifier is a refusal. */
  async function verifies({ proof, publicInputs }: ProvedStatement): Promise<boolean> {
    const words = Array.from({ length: proof.length / 32 }, (_, i) => proof.slice(32 * i, 32 * i + 32));
    try {
      const { verified } = await backend.circuitVerify({
        verificationKey,
        publicInputs: [...publicInputs],
        proof: words,
        settings: proofSettings,
      });
      return verified;
    } catch {
      return false;
    }
  }

  const committed = readProofVector();

  void t.test("a proof made now holds for its statement, and is of the fixed size", async (t) => {
    const inputs = makeKeyAuthInputs(513);
    const made = await proveKeyAuth({ inputs, referenceString });
    t.equal(made.proof.length, proofBytes);
    t.strictSame(
      made.publicInputs.map(fieldFromBytes),
      publicInputOrder.map((name) => inputs[name]),
    );
    t.equal(await verifies(made), true);
    t.equal(
      await verifies({ ...made, publicInputs: committed.publicInputs }),
      false,
      "not for another statement",
    );
  });

  void t.test("the committed proof holds", async (t) => {
    t.equal(committed.proof.length, proofBytes);
    t.equal(await verifies(committed), true);
  });

  void t.test("any public input altered is refused", async (t) => {
    for (const [index, name] of publicInputOrder.entries()) {
      const value = fieldFromBytes(committed.publicInputs[index] ?? new Uint8Array());
      for (const altered of [value + 1n, 0n, FIELD_MODULUS - 1n]) {
        const publicInputs = committed.publicInputs.with(index, fieldToBytes(altered));
        t.equal(await verifies({ ...committed, publicInputs }), false, `${name} = ${altered}`);
      }
    }
    const [first, second, ...rest] = committed.publicInputs as [Uint8Array, Uint8Array, ...Uint8Array[]];
    t.equal(await verifies({ ...committed, publicInputs: [second, first, ...rest] }), false, "two exchanged");
  });

  void t.test("an input of p or more is refused, the same value unreduced too", async (t) => {
    for (const [index, name] of publicInputOrder.entries()) {
      const value = fieldFromBytes(committed.publicInputs[index] ?? new Uint8Array());
      for (const outside of [FIELD_MODULUS, value + FIELD_MODULUS]) {
        const bytes = Buffer.from(outside.toString(16).padStart(64, "0"), "hex");
        const publicInputs = committed.publicInputs.with(index, bytes);
        t.equal(await verifies({ ...committed, publicInputs }), false, `${name} = ${outside}`);
      }
    }
    t.equal(await verifies(committed), true, "the verifier still works");
  });

  void t.test("one altered byte of the proof is refused, wherever it stands", async (t) => {
    for (let offset = 31; offset < proofBytes; offset += 32 * 29) {
      const proof = Uint8Array.from(committed.proof);
      proof[offset] = (proof[offset] ?? 0) ^ 1;
      t.equal(await verifies({ ...committed, proof }), false, `byte ${offset}`);
    }
  });
});
