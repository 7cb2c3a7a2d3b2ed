import { createNodeProver } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { postgresSkipReason } from "../helpers/databases.js";
import { INVALID_PROOF, openCallMaker, sendCall, type CallMaker } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openVault, storeProviderKey } from "../helpers/sdk-clients.js";
import { startStack, type Stack } from "../helpers/stack.js";

// A share in clear becomes a string in the server, which nobody can overwrite: in production none is taken.

const skip = (findReferenceString() === undefined && noReferenceString) || (await postgresSkipReason());

async function openStage(
  t: Test,
  serverEnv: Readonly<Record<string, string>>,
): Promise<{ stack: Stack; maker: CallMaker }> {
  const stack = await startStack({
    database: "postgres",
    serverEnv: { NODE_ENV: "production", ...serverEnv },
  });
  t.teardown(() => stack.close());
  const prover = await createNodeProver({ lanes: 1 });
  t.teardown(() => prover.close());
  const { bundles } = await storeProviderKey(await openVault(t, stack), stack);
  return { stack, maker: await openCallMaker({ edgeUrl: stack.edgeUrl, bundle: bundles[0] ?? "", prover }) };
}

void t.test("a share in clear is refused in production, once the proof holds", { skip }, async (t) => {
  const { stack, maker } = await openStage(t, {});
  const [[clear], [sealed]] = await Promise.all([maker.make(1, "clear"), maker.make(1, "sealed")]);
  if (clear === undefined || sealed === undefined) throw new Error("no call was made");
  const body = { error: "App not authorized", reason: "Sealed share required" };
  t.same(await sendCall(stack.edgeUrl, clear), { status: 403, source: "vaultproof", body });
  t.same(
    await sendCall(stack.edgeUrl, clear),
    { status: 403, source: "vaultproof", body },
    "and again: its nullifier was not burnt",
  );
  const forged = { ...clear, body: clear.body.replace(clear.targetPath, "/v1/other") };
  t.match(await sendCall(stack.edgeUrl, forged), INVALID_PROOF, "nobody without a proof is told so");
  t.equal(stack.provider.requests.length, 0);
  t.equal((await sendCall(stack.edgeUrl, sealed)).status, 200, "a sealed one is taken");
});

void t.test("an operator may take shares in clear all the same", { skip }, async (t) => {
  const { stack, maker } = await openStage(t, { REQUIRE_SEALED_SHARES: "off" });
  const [clear] = await maker.make(1, "clear");
  if (clear === undefined) throw new Error("no call was made");
  t.equal((await sendCall(stack.edgeUrl, clear)).status, 200);
  t.equal(stack.provider.requests.length, 1);
});
