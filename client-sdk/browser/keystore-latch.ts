import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { createIdleWatch } from "./idle-watch.js";
import type { KeystoreDatabase } from "./keystore-database.js";
import type { KeystoreHeader } from "./keystore-header.js";
import { joinTabs, type TabMessage } from "./keystore-tabs.js";
import type { KeystoreState } from "./keystore.js";
import { lockedError, openedKeystore, type OpenedKeystore } from "./opened-keystore.js";

/** Whether a keystore is locked, here and as the other tabs say. The only one who has what is decrypted. */
export interface KeystoreLatch {
  readonly state: KeystoreState;
  readonly header: KeystoreHeader | undefined;
  readonly autoLockMinutes: number;
  readonly opened: OpenedKeystore | undefined;
  /** Called after each change of the state or of the header. */
  readonly listeners: Set<() => void>;
  /** Takes a picture of now; what it gives says later whether a lock has come between. */
  watch(): { readonly wasLocked: () => boolean };
  /** Reads the header anew; locks if it is of another keystore than the one that is open. */
  reload(): Promise<KeystoreHeader | undefined>;
  /** Another header, written by this tab: the others are told. With a key that it holds, it is open from then on. */
  wrote(header: KeystoreHeader | undefined, key?: DeveloperKey): void;
  /** Takes a key that was opened; wipes it instead if this keystore is open already. */
  adopt(header: KeystoreHeader, key: DeveloperKey): void;
  /**
   * Does something with what is open, as a use that puts the automatic lock off.
   *
   * @throws VaultProofError `keystore-locked`, also if the lock came before the work was done.
   */
  use<T>(work: (opened: OpenedKeystore) => Promise<T>): Promise<T>;
  lock(where: "here" | "everywhere"): void;
  close(): void;
}

/** Ties a keystore's state to the other tabs and to the time that nobody used it. */
export function createKeystoreLatch(options: {
  readonly name: string;
  readonly autoLockMinutes: number;
  readonly database: KeystoreDatabase;
  readonly header: KeystoreHeader | undefined;
}): KeystoreLatch {
  const { database } = options;
  const listeners = new Set<() => void>();
  let header = options.header;
  let opened: OpenedKeystore | undefined;
  /** Counts locks. */
  let locks = 0;

  const notify = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const lockHere = (): void => {
    locks++;
    idle.stop();
    const before = opened;
    opened = undefined;
    before?.wipe();
    if (before !== undefined) notify();
  };
  const take = (next: KeystoreHeader | undefined): void => {
    const isOther = next?.id !== header?.id;
    const isChanged =
      isOther || next?.revision !== header?.revision || next?.autoLockMinutes !== header?.autoLockMinutes;
    header = next;
    if (isOther && opened !== undefined && opened.id !== next?.id) lockHere();
    else if (isChanged) notify();
  };
  const open = ({ id }: KeystoreHeader, key: DeveloperKey): void => {
    const onUse = (): void => void idle.check();
    opened = openedKeystore({ id, key, store: database.files(id), onUse });
    idle.start();
  };
  const reload = async (): Promise<KeystoreHeader | undefined> => {
    take(await database.header());
    return header;
  };
  const onMessage = (message: TabMessage): void => {
    if (message === "lock") lockHere();
    else if (message === "active") idle.touch("elsewhere");
    // What cannot be read now is read again, and complained of, at the next use.
    else reload().catch(() => lockHere());
  };
  const minutes = (): number => header?.autoLockMinutes ?? options.autoLockMinutes;
  const tabs = joinTabs(options.name, onMessage);
  const idle = createIdleWatch({
    minutes,
    // The other tabs count for themselves: one that was frozen knows least of whether somebody is there.
    onIdle: lockHere,
    onActive: () => tabs.tell("active"),
  });
  const stateOf = (): KeystoreState =>
    opened !== undefined ? "unlocked" : header === undefined ? "empty" : "locked";
  return {
    get state() {
      return stateOf();
    },
    get header() {
      return header;
    },
    get autoLockMinutes() {
      return minutes();
    },
    get opened() {
      return opened;
    },
    listeners,
    watch() {
      const before = locks;
      return { wasLocked: () => locks !== before };
    },
    reload,
    wrote(next, key) {
      if (next === undefined || key === undefined) take(next);
      else {
        header = next;
        open(next, key);
        notify();
      }
      tabs.tell("changed");
    },
    adopt(next, key) {
      if (opened?.id === next.id) key.secret.fill(0);
      else {
        open(next, key);
        notify();
      }
      idle.touch("here");
    },
    async use(work) {
      idle.touch("here");
      const before = opened;
      if (before === undefined) throw lockedError();
      const result = await work(before);
      if (opened !== before) throw lockedError();
      return result;
    },
    lock(where) {
      lockHere();
      if (where === "everywhere") tabs.tell("lock");
    },
    close() {
      lockHere();
      idle.close();
      tabs.close();
      listeners.clear();
    },
  };
}
