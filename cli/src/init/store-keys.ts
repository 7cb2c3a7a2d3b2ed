import type { KeySlot } from "@vaultproof/protocol/developer-routes";
import { VaultProofError, type VaultProof } from "@vaultproof/sdk";
import { newGatewayToken, gatewayTokenDigest } from "../projects/gateway-token.js";
import { projectSlot, type Project, type ProjectStore } from "../projects/project.js";
import { keptRestrictions } from "../restrict/kept-restrictions.js";
import type { SecretStore } from "../state/secret-store.js";
import type { PlannedKey } from "./plan.js";
import { keyMac, type InitRecord, type InitRecords, type KeyInRecord } from "./record.js";

/** What storing works with. */
export interface KeyStoring {
  readonly vault: VaultProof;
  readonly developerKey: string;
  readonly records: InitRecords;
  readonly projects: ProjectStore;
  readonly secrets: SecretStore;
}

/**
 * Sees to it that each key is in the vault and that its project can use it; what an earlier run did is found again and
 * not done twice.
 *
 * @returns the record as it is then, and the gateway token of each key.
 */
export async function storeKeys(
  at: KeyStoring,
  start: InitRecord,
  keys: readonly PlannedKey[],
): Promise<{ record: InitRecord; tokenOf: (key: PlannedKey) => string }> {
  let record = start;
  const slots = await at.vault.keys.list();
  const tokens = new Map<PlannedKey, string>();
  for (const key of keys) {
    const entry = entryFor(at, record, { key, slots });
    record = await saveEntry(at, record, entry);
    const { keySlotId, bundle } = await ensureStored(at, record, { entry, key, slots });
    record = await saveEntry(at, record, { ...entry, keySlotId });
    tokens.set(key, await ensureProject(at, record, { entry, bundle }));
  }
  const tokenOf = (key: PlannedKey): string => {
    const token = tokens.get(key);
    if (token === undefined) throw new RangeError("this key was not stored");
    return token;
  };
  return { record, tokenOf };
}

/**
 * What the record says of a key; a new one goes to the first project that has no key of its provider yet, or one whose
 * slot has ended: its placeholder is the one that is good again then.
 */
function entryFor(
  { developerKey }: KeyStoring,
  record: InitRecord,
  { key, slots }: { readonly key: PlannedKey; readonly slots: readonly KeySlot[] },
): KeyInRecord {
  const mac = keyMac(developerKey, key);
  const known = record.keys.find((entry) => entry.mac === mac);
  if (known !== undefined) return known;
  const ended = new Set(slots.filter(({ status }) => status === "revoked").map(({ id }) => id));
  const taken = new Set(
    record.keys
      .filter(({ provider, keySlotId }) => provider === key.provider && !ended.has(keySlotId ?? ""))
      .map((other) => other.project),
  );
  let project = 0;
  while (taken.has(project)) project++;
  return {
    mac,
    provider: key.provider,
    ...(key.origin === undefined ? {} : { origin: key.origin }),
    project,
  };
}

async function saveEntry(at: KeyStoring, record: InitRecord, entry: KeyInRecord): Promise<InitRecord> {
  const others = record.keys.filter(({ mac }) => mac !== entry.mac);
  const next = { ...record, keys: [...others, entry] };
  await at.records.save(next);
  return next;
}

async function ensureStored(
  at: KeyStoring,
  record: InitRecord,
  about: { readonly entry: KeyInRecord; readonly key: PlannedKey; readonly slots: readonly KeySlot[] },
): Promise<{ keySlotId: string; bundle: string }> {
  const { entry, key, slots } = about;
  const label = labelOf(record, entry);
  // By its label too: the run that stored it may have died before it could write down the id.
  const there = slots.find(
    ({ id, label: said, status }) => status === "active" && (id === entry.keySlotId || said === label),
  );
  if (there !== undefined) {
    try {
      const { id: keySlotId } = there;
      const restrictions = keptRestrictions(slots, { keySlotId, appId: record.appId });
      const { bundle } = await at.vault.apps.grant(keySlotId, record.appId, restrictions);
      return { keySlotId: there.id, bundle };
    } catch (error) {
      // Its other share is not on this device: it is of no use, and the key is still at hand.
      if (!(error instanceof VaultProofError) || error.code !== "state-missing") throw error;
    }
  }
  const stored = await at.vault.keys.store({
    apiKey: key.key,
    provider: key.provider,
    baseUrl: key.origin,
    label,
    apps: [record.appId],
  });
  return { keySlotId: stored.keySlotId, bundle: stored.bundles[record.appId] ?? "" };
}

const LONGEST_NAME = 60;

/** Unique to the key, so that it is found again. */
function labelOf(record: InitRecord, { provider, mac }: KeyInRecord): string {
  // Control characters are the server's to refuse; a folder may have them.
  const name = (record.folder.split(/[\\/]/).pop() ?? "").replaceAll(/[^ -~]/g, "_").slice(0, LONGEST_NAME);
  return `${name} ${provider} (init ${record.id}-${mac.slice(0, 12)})`;
}

/** Puts the bundle into its project, which is made with its token first. */
async function ensureProject(
  at: KeyStoring,
  record: InitRecord,
  about: { readonly entry: KeyInRecord; readonly bundle: string },
): Promise<string> {
  const { entry, bundle } = about;
  const id = projectId(record, entry.project);
  const token = (await at.secrets.get(tokenName(id))) ?? newGatewayToken();
  await at.secrets.set(tokenName(id), token);
  const before: Project | undefined = (await at.projects.list()).find((project) => project.id === id);
  const others = before?.slots.filter(({ slug }) => slug !== entry.provider) ?? [];
  const slot = projectSlot({ bundle, url: record.url, slug: entry.provider });
  const tokenDigest = gatewayTokenDigest(token);
  await at.projects.put({ id, folder: record.folder, tokenDigest, slots: [...others, slot] });
  return token;
}

/** Ids of the projects that a record made, sorted as they were made. */
export function projectId({ id }: InitRecord, project: number): string {
  return project === 0 ? id : `${id}-${project + 1}`;
}

/** Removes what {@link storeKeys} left on this device. */
export async function removeProjects(
  at: Pick<KeyStoring, "projects" | "secrets">,
  record: InitRecord,
): Promise<void> {
  for (const project of new Set(record.keys.map((key) => key.project))) {
    const id = projectId(record, project);
    await at.projects.delete(id);
    await at.secrets.delete(tokenName(id));
  }
}

/** Kept so that a run that was interrupted can go on with the same placeholders. */
function tokenName(id: string): string {
  return `project/${id}/token`;
}
