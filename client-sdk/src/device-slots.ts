import { deriveSlotSecret, type DeveloperKey } from "@vaultproof/protocol/developer-key";
import type { Destination } from "@vaultproof/protocol/destination";
import { fromBase64, toBase64 } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { openShareAtRest, sealShareAtRest } from "@vaultproof/protocol/share-at-rest";
import { shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import { nameDigest, type DeviceFiles } from "./device-files.js";

/** Share 2 of one version of a slot. */
export interface ShareMemory {
  readonly slotVersion: number;
  readonly share2: Uint8Array<ArrayBuffer>;
  /** What the server knows this share by: 64 hex digits. */
  readonly commitment: string;
  /** It was kept before it was sent; whether the server took it is not known here yet. */
  readonly pending: boolean;
}

/** What of a slot never changes. */
export interface SlotPlace {
  readonly slotId: string;
  readonly providerOrigin: string;
  /** The rest of the destination; missing in what the first versions of the SDK wrote. */
  readonly destination?: Omit<Destination, "baseUrl">;
}

/** What is remembered of a slot: enough to make further bundles, and to change its share. */
export interface SlotMemory extends SlotPlace {
  /** The newest first. Which one is the slot's, the server's commitment says. */
  readonly shares: readonly ShareMemory[];
}

/** The part of a device's state that is about slots. Every change has reached the disk when it resolves. */
export interface DeviceSlots {
  loadSlot(slotId: string): Promise<SlotMemory | undefined>;
  listSlots(): Promise<readonly string[]>;
  /** Remembers a new slot, with its first share where that is known. */
  saveSlot(place: SlotPlace, first?: Pick<ShareMemory, "slotVersion" | "share2">): Promise<void>;
  /** Remembers a further share beside those that there are. */
  addShare(slotId: string, share: ShareMemory): Promise<void>;
  /** Remembers that the slot has this share, and only then forgets all of its version and before. */
  settleShare(slotId: string, share: ShareMemory): Promise<void>;
  /** Forgets a share that the slot will never have. */
  dropShare(slotId: string, share: ShareMemory): Promise<void>;
}

/** A share in a file; share 2 sealed, base64. */
interface ShareFile {
  readonly slotVersion: number;
  readonly share2: string;
  readonly pending?: boolean;
}

/** How often to look again where another process changes what is being read. */
const READ_ATTEMPTS = 5;

/**
 * Files: `slot-<id>` with the place, and the first share until another has settled; `share-<id>-<version>-<digest of the
 * commitment>` for each further share. No file is ever written over with another share, so that two processes which rotate
 * at once, or one that dies at any moment, lose none: at worst one stays that nobody needs.
 */
export function createDeviceSlots(files: DeviceFiles, key: DeveloperKey): DeviceSlots {
  const seal = async (slotId: string, share2: Uint8Array): Promise<string> =>
    toBase64(await sealShareAtRest(key, slotId, share2));
  const open = async (slotId: string, file: ShareFile): Promise<ShareMemory> => {
    const share2 = await openShareAtRest(key, slotId, fromBase64(file.share2));
    const commitment = commitmentOf(key, slotId, share2);
    return { slotVersion: file.slotVersion, share2, commitment, pending: file.pending ?? false };
  };
  const write = async (slotId: string, share: ShareMemory): Promise<void> => {
    const { slotVersion, share2, pending } = share;
    await files.save(shareFile(slotId, share), { slotVersion, share2: await seal(slotId, share2), pending });
  };
  const readPlace = async (
    slotId: string,
  ): Promise<{ place: SlotPlace; first?: ShareMemory } | undefined> => {
    const file = (await files.load(slotFile(slotId))) as (SlotPlace & Partial<ShareFile>) | undefined;
    if (file === undefined) return undefined;
    const place = placeOf(file);
    const { slotVersion, share2 } = file;
    if (slotVersion === undefined || share2 === undefined) return { place };
    return { place, first: await open(slotId, { slotVersion, share2 }) };
  };
  const readFurther = async (slotId: string, attempts = READ_ATTEMPTS): Promise<ShareMemory[]> => {
    const shares: ShareMemory[] = [];
    for (const name of await files.list(sharePrefix(slotId))) {
      const file = (await files.load(name)) as ShareFile | undefined;
      // Another process has settled meanwhile: what took its place was not listed.
      if (file === undefined && attempts > 1) return readFurther(slotId, attempts - 1);
      if (file !== undefined) shares.push(await open(slotId, file));
    }
    return shares;
  };

  const slots: DeviceSlots = {
    async loadSlot(slotId) {
      const read = await readPlace(slotId);
      if (read === undefined) return undefined;
      const shares = await readFurther(slotId);
      if (read.first !== undefined) shares.push(read.first);
      return { ...read.place, shares: shares.sort((a, b) => b.slotVersion - a.slotVersion) };
    },
    async listSlots() {
      const prefix = slotFile("");
      return (await files.list(prefix)).map((name) => name.slice(prefix.length));
    },
    async saveSlot(place, first) {
      const { slotId } = place;
      const share =
        first === undefined
          ? {}
          : { slotVersion: first.slotVersion, share2: await seal(slotId, first.share2) };
      await files.save(slotFile(slotId), { ...placeOf(place), ...share });
    },
    addShare: write,
    async settleShare(slotId, share) {
      const read = await readPlace(slotId);
      if (read === undefined) return;
      if (read.first?.commitment !== share.commitment) await write(slotId, { ...share, pending: false });
      for (const other of [
        ...(await readFurther(slotId)),
        ...(read.first === undefined ? [] : [read.first]),
      ]) {
        const isOver = other.slotVersion <= share.slotVersion && other.commitment !== share.commitment;
        if (isOver) await slots.dropShare(slotId, other);
      }
    },
    async dropShare(slotId, share) {
      await files.remove(shareFile(slotId, share));
      const read = await readPlace(slotId);
      if (read?.first?.commitment === share.commitment) await files.save(slotFile(slotId), { ...read.place });
    },
  };
  return slots;
}

/** Names of all files of a slot, the slot's own last: what is left of a removal that was broken off is still a slot. */
export async function listSlotFiles(files: DeviceFiles, slotId: string): Promise<readonly string[]> {
  return [
    ...(await files.list(`app-${slotId}-`)),
    ...(await files.list(sharePrefix(slotId))),
    slotFile(slotId),
  ];
}

/** What the server stores of a share to recognise the slot's owner by: 64 hex digits. */
export function commitmentOf(key: DeveloperKey, slotId: string, share2: Uint8Array): string {
  return fieldToHex(vaultCommitment(deriveSlotSecret(key, slotId), shareHash(slotId, share2)));
}

function placeOf({ slotId, providerOrigin, destination }: SlotPlace): SlotPlace {
  return { slotId, providerOrigin, ...(destination === undefined ? {} : { destination }) };
}

function slotFile(slotId: string): string {
  return `slot-${slotId}`;
}

function sharePrefix(slotId: string): string {
  return `share-${slotId}-`;
}

function shareFile(slotId: string, { slotVersion, commitment }: ShareMemory): string {
  return `${sharePrefix(slotId)}${slotVersion}-${nameDigest("vaultproof share file v1", commitment)}`;
}
