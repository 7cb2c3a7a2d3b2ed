/** What tabs of one keystore tell each other; never a secret. */
export type TabMessage =
  /** Somebody locked. */
  | "lock"
  /** The header is another one, or gone. */
  | "changed"
  /** A person is there, or a program uses the keystore. */
  | "active";

/** The other tabs of this origin that have the same keystore. */
export interface KeystoreTabs {
  tell(message: TabMessage): void;
  close(): void;
}

const MESSAGES: ReadonlySet<unknown> = new Set<TabMessage>(["lock", "changed", "active"]);

/** @param name of the keystore. */
export function joinTabs(name: string, onMessage: (message: TabMessage) => void): KeystoreTabs {
  const channel = new BroadcastChannel(`vaultproof keystore ${name}`);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data)) onMessage(data);
  };
  return {
    tell: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
}

function isMessage(data: unknown): data is TabMessage {
  return MESSAGES.has(data);
}
