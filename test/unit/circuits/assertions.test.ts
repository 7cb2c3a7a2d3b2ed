import { Noir } from "@noir-lang/noir_js";
import t from "tap";
import { keyAuthProgram } from "@vaultproof/circuits/key-auth-program";
import { appPathWitness } from "@vaultproof/protocol/app-tree";
import { COMPRESS_DOMAIN, compress } from "@vaultproof/protocol/compress";
import { FIELD_MODULUS } from "@vaultproof/protocol/field";
import { type KeyAuthInputs, makeKeyAuthInputs, toNoirInputs } from "../../helpers/key-auth-witness.js";

// Each refused witness breaks one assertion and satisfies all others, so that none of them covers for another.

const circuit = new Noir(keyAuthProgram);

async function execute(inputs: KeyAuthInputs): Promise<void> {
  await circuit.execute(toNoirInputs(inputs));
}

/** The root as the circuit computes it, whether or not `left` holds one of the two children. */
function rootAsCircuit({ app_id_hash, app_secret, app_auth_path, app_auth_left }: KeyAuthInputs): bigint {
  let node = compress(COMPRESS_DOMAIN.appLeaf, app_id_hash, app_secret, 0n);
  app_auth_path.forEach((sibling, level) => {
    const left = app_auth_left[level] ?? 0n;
    node = compress(COMPRESS_DOMAIN.merkleNode, left, modulo(node + sibling - left), 0n);
  });
  return node;
}

function modulo(value: bigint): bigint {
  return ((value % FIELD_MODULUS) + FIELD_MODULUS) % FIELD_MODULUS;
}

void t.test("an honest witness is accepted wherever the app stands in the tree", async (t) => {
  for (const index of [0, 2, 3, 511, 512, 1023])
    await t.resolves(execute(makeKeyAuthInputs(index)), `index ${index}`);
});

void t.test("only the vault commitment fails", async (t) => {
  const inputs = makeKeyAuthInputs();
  await t.rejects(execute({ ...inputs, vault_commitment: inputs.vault_commitment + 1n }), {
    message: "Circuit execution failed: vault commitment does not match",
  });
  await t.rejects(
    execute({ ...inputs, share_hash: inputs.share_hash + 1n }),
    { message: "Circuit execution failed: vault commitment does not match" },
    "another share",
  );
});

void t.test("only the left child fails, at each level", async (t) => {
  for (let level = 0; level < 10; level++) {
    const inputs = makeKeyAuthInputs();
    inputs.app_auth_left[level] = 123456789n;
    inputs.app_root = rootAsCircuit(inputs);
    await t.rejects(
      execute(inputs),
      { message: "Circuit execution failed: left child is neither node nor sibling" },
      `level ${level}`,
    );
  }
});

void t.test("only the app root fails", async (t) => {
  const inputs = makeKeyAuthInputs();
  const refused = { message: "Circuit execution failed: app root does not match" };
  await t.rejects(execute({ ...inputs, app_root: inputs.app_root + 1n }), refused);

  for (const other of [{ app_secret: inputs.app_secret + 1n }, { app_id_hash: inputs.app_id_hash + 1n }]) {
    const stranger = { ...inputs, ...other };
    const leaf = compress(COMPRESS_DOMAIN.appLeaf, stranger.app_id_hash, stranger.app_secret, 0n);
    // Its own leaf takes part on each level, so that the left constraints hold.
    stranger.app_auth_left = [...appPathWitness(leaf, 0, stranger.app_auth_path).left];
    await t.rejects(execute(stranger), refused, Object.keys(other).join());
  }
});

void t.test("only the nullifier fails", async (t) => {
  const inputs = makeKeyAuthInputs();
  const refused = { message: "Circuit execution failed: nullifier does not match" };
  await t.rejects(execute({ ...inputs, nullifier: inputs.nullifier + 1n }), refused);
  await t.rejects(execute({ ...inputs, nonce: inputs.nonce + 1n }), refused, "another nonce");
  await t.rejects(execute({ ...inputs, request_hash: inputs.request_hash + 1n }), refused, "another request");
});

void t.test("a value outside the field is refused before it is reduced", async (t) => {
  const inputs = makeKeyAuthInputs();
  await t.rejects(execute({ ...inputs, nullifier: inputs.nullifier + FIELD_MODULUS }));
});
