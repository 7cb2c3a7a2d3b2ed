import { VaultProof } from "@vaultproof/sdk";
import { createFakeVaultProof } from "./fake-vaultproof.js";
import { verifyStubProof } from "./stub-prover.js";

/**
 * Run as a process of its own: stores ten keys for two apps each in the folder `STATE_DIR` and prints their slots;
 * with slots as arguments, reads each of those instead, by asking for a grant that the empty service refuses.
 */
const service = createFakeVaultProof(verifyStubProof);
service.state.identitySeed = Buffer.from(process.env.IDENTITY_SEED ?? "", "hex");
const vault = await VaultProof.open({
  url: service.url,
  fetch: service.fetch,
  developerKey: process.env.DEVELOPER_KEY ?? "",
  serverIdentity: service.identity(),
  stateDir: process.env.STATE_DIR,
});
const asked = process.argv.slice(2);
const slots = asked.length > 0 ? await readAll(asked) : await storeTen();
process.stdout.write(JSON.stringify(slots));

async function storeTen(): Promise<string[]> {
  const stores = Array.from({ length: 10 }, async () => {
    const apiKey = "sk-canary";
    const { keySlotId } = await vault.keys.store({
      apiKey,
      provider: "openai",
      label: "x",
      apps: ["a", "b"],
    });
    return keySlotId;
  });
  return Promise.all(stores);
}

async function readAll(keySlotIds: readonly string[]): Promise<string[]> {
  const readable: string[] = [];
  for (const keySlotId of keySlotIds) {
    const outcome = await vault.apps.grant(keySlotId, "c").catch((error: unknown) => error);
    if ((outcome as { status?: number }).status === 404) readable.push(keySlotId);
  }
  return readable;
}
