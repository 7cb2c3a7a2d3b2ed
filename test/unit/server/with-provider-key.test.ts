import { randomBytes, randomUUID } from "node:crypto";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { splitKey } from "@vaultproof/protocol/record";
import { seal } from "@vaultproof/protocol/seal";
import {
  parseSealedMessage,
  sealedMessageBytes,
  share1Context,
  share2Context,
} from "@vaultproof/protocol/sealed-message";
import { ServerError } from "@vaultproof/server/errors";
import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import type { AuthorisedCall } from "@vaultproof/server/proxy/verify-proof";
import { withProviderKey, type KeyMaterial } from "@vaultproof/server/proxy/with-provider-key";
import t from "tap";

const KEY = "sk-canary-5b1e";
const storageKey = generateHpkeKeyPair();
const transportKey = generateHpkeKeyPair();
const storageKeys = {
  current: storageKey,
  ids: [storageKey.id],
  find: (id: Uint8Array) => (Buffer.compare(id, storageKey.id) === 0 ? storageKey : undefined),
};
const slot = {
  ...{ id: randomUUID(), version: 3, developerPublicKey: new Uint8Array(randomBytes(32)) },
  ...{ provider: "openai", baseUrl: "https://api.openai.com" },
  ...{ headerName: "authorization", headerTemplate: "Bearer {key}" },
};
const expiresAt = 1_790_000_000;

/** What this step looks at of a call, with shares that belong together. */
async function material(): Promise<KeyMaterial> {
  const destination = destinationDigest(slot);
  const binding = { slotId: slot.id, developerPublicKey: slot.developerPublicKey, destination };
  const { share1, share2 } = splitKey(
    Buffer.from(KEY),
    binding,
    (bytes) => void crypto.getRandomValues(bytes),
  );
  const about1 = share1Context({ ...binding, slotVersion: slot.version });
  const about2 = share2Context({ slotId: slot.id, appId: "my-app", expiresAt });
  const message = parseSealedMessage(await seal(transportKey.publicKey, about2, share2));
  return {
    call: {
      slot,
      grant: { appId: "my-app" },
      expiresAt,
      share2: { form: "sealed", message },
    } as unknown as AuthorisedCall,
    share1Encrypted: sealedMessageBytes(await seal(storageKey.publicKey, about1, share1)),
    transportKey,
  };
}

void t.test("the key is there inside, and overwritten with its whole record outside", async (t) => {
  let lent: Uint8Array | undefined;
  const told = await withProviderKey(storageKeys, await material(), async (key) => {
    lent = key;
    await Promise.resolve();
    return Buffer.from(key).toString();
  });
  t.equal(told, KEY);
  t.ok(lent !== undefined && new Uint8Array(lent.buffer).every((byte) => byte === 0));
});

void t.test("also when its use fails, whose error passes untouched", async (t) => {
  let lent: Uint8Array | undefined;
  const failure = new Error("upstream");
  const using = withProviderKey(storageKeys, await material(), (key) => {
    lent = key;
    return Promise.reject(failure);
  });
  t.equal(await using.catch((error: unknown) => error), failure);
  t.ok(lent !== undefined && new Uint8Array(lent.buffer).every((byte) => byte === 0));
});

void t.test("shares of two slots, or without their keys, are not lent at all", async (t) => {
  const [one, other] = [await material(), await material()];
  const wrong: Record<string, KeyMaterial> = {
    "another storing's share 1": { ...one, share1Encrypted: other.share1Encrypted },
    "share 1 for a storage key that is not here": { ...one, share1Encrypted: Buffer.alloc(200, 7) },
    "no transport key": { ...one, transportKey: null },
    "another transport key": { ...one, transportKey: generateHpkeKeyPair() },
    "another expiry": { ...one, call: { ...one.call, expiresAt: expiresAt + 1 } },
    "another app": { ...one, call: { ...one.call, grant: { ...one.call.grant, appId: "other" } } },
    "another version": { ...one, call: { ...one.call, slot: { ...one.call.slot, version: 4 } } },
  };
  for (const [name, about] of Object.entries(wrong)) {
    let lent = false;
    const using = withProviderKey(storageKeys, about, () => {
      lent = true;
      return Promise.resolve();
    });
    const error = await using.catch((thrown: unknown) => thrown);
    t.ok(error instanceof ServerError && error.code === "keyReconstruction", name);
    t.notOk(lent, name);
  }
});
