import { formatDeveloperKey, type DeveloperKey } from "@vaultproof/protocol/developer-key";
import { fromBase64, toBase64, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { isShareLength } from "@vaultproof/protocol/record";
import { recoveryKitSchema, type RecoveryKitContent } from "@vaultproof/protocol/recovery-kit-content";
import { commitmentOf, type ShareMemory, type SlotPlace } from "./device-slots.js";
import type { AppMemory, DeviceState } from "./device-state.js";
import { VaultProofError } from "./sdk-error.js";

type KitSlot = RecoveryKitContent["slots"][number];

/** All of this device's state, and what opens it elsewhere, as bytes for the caller to wipe. */
export async function writeKitContent(about: {
  readonly key: DeveloperKey;
  readonly url: string;
  readonly serverIdentity: string;
  readonly state: DeviceState;
}): Promise<Uint8Array> {
  const { key, url, serverIdentity, state } = about;
  const slots: KitSlot[] = [];
  for (const slotId of await state.listSlots()) {
    const slot = await state.loadSlot(slotId);
    // Another process may have revoked it since it was listed.
    if (slot === undefined) continue;
    const { shares, ...place } = slot;
    slots.push({
      ...place,
      shares: shares.map(({ slotVersion, share2, pending }) => ({
        ...{ slotVersion, share2: toBase64(share2), pending },
      })),
      apps: (await state.listApps(slotId)).map(toKitApp),
    });
  }
  const content: RecoveryKitContent = {
    ...{ format: 1, developerKey: formatDeveloperKey(key.kind, key.secret), url, serverIdentity, slots },
  };
  return utf8ToBytes(JSON.stringify(content));
}

/** Reads a kit's content and wipes the bytes. Throws VaultProofError `kit-invalid`. */
export function readKitContent(bytes: Uint8Array): RecoveryKitContent {
  try {
    const content = recoveryKitSchema.parse(
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
    );
    for (const { shares } of content.slots) {
      for (const { share2 } of shares) if (!isShareLength(fromBase64(share2).length)) throw new RangeError();
    }
    return content;
  } catch {
    // The cause would quote what is secret.
    throw new VaultProofError(
      "kit-invalid",
      "it opens, but holds something else than this version of the SDK knows",
    );
  } finally {
    bytes.fill(0);
  }
}

/**
 * Adds what a kit holds to a device's state, which may have some already. Nothing that is here is written over: a share that
 * is older than the slot's newest here is left out, any other is kept beside it, and the server's commitment decides which is
 * the slot's; of an app that is here the secret here stays.
 */
export async function mergeKit(
  state: DeviceState,
  key: DeveloperKey,
  { slots }: RecoveryKitContent,
): Promise<void> {
  for (const { shares, apps, ...slot } of slots) {
    const { slotId } = slot;
    const here = await state.loadSlot(slotId);
    if (here === undefined) await state.saveSlot(placeOf(slot));
    const settled = Math.max(0, ...(here?.shares ?? []).filter(({ pending }) => !pending).map(versionOf));
    for (const { slotVersion, share2: encoded, pending } of shares) {
      const share2 = fromBase64(encoded);
      const share = { slotVersion, share2, pending, commitment: commitmentOf(key, slotId, share2) };
      const isKnown = here?.shares.some(({ commitment }) => commitment === share.commitment) ?? false;
      if (isKnown || slotVersion < settled) continue;
      await state.addShare(slotId, { ...share, pending: pending || slotVersion === settled });
    }
    for (const { appId, secret, pending } of apps) {
      if ((await state.loadApp(slotId, appId)) !== undefined) continue;
      await state.saveApp(slotId, {
        appId,
        ...(secret === undefined ? {} : { secret: fieldFromHex(secret) }),
        ...(pending === undefined ? {} : { pending: fieldFromHex(pending) }),
      });
    }
  }
}

function toKitApp({ appId, secret, pending }: AppMemory): KitSlot["apps"][number] {
  return {
    appId,
    ...(secret === undefined ? {} : { secret: fieldToHex(secret) }),
    ...(pending === undefined ? {} : { pending: fieldToHex(pending) }),
  };
}

function placeOf({ slotId, providerOrigin, destination }: Omit<KitSlot, "shares" | "apps">): SlotPlace {
  return { slotId, providerOrigin, ...(destination === undefined ? {} : { destination }) };
}

function versionOf({ slotVersion }: ShareMemory): number {
  return slotVersion;
}
