import { randomBytes } from "node:crypto";
import type { Environment } from "../environment.js";

const SERVICE = "vaultproof";
/** A keyring that asks somebody to unlock it may wait for ever where nobody sits. */
const PROBE_TIMEOUT_MS = 5_000;
const USE_TIMEOUT_MS = 120_000;

/** The system's keyring: macOS Keychain, Windows Credential Manager, Secret Service on Linux. */
export interface Keyring {
  get(account: string): Promise<string | null>;
  set(account: string, value: string): Promise<void>;
  delete(account: string): Promise<void>;
}

/**
 * The keyring, if this machine has one that works: something is stored and read back. `VAULTPROOF_KEYRING=off` does
 * without. The kernel's keyring is not taken, because it forgets everything when the machine restarts.
 */
export async function findKeyring(env: Environment): Promise<Keyring | undefined> {
  if (env.VAULTPROOF_KEYRING?.trim() === "off") return undefined;
  const account = `probe-${randomBytes(8).toString("hex")}`;
  try {
    const keyring = await loadKeyring(PROBE_TIMEOUT_MS);
    await keyring.set(account, account);
    const same = (await keyring.get(account)) === account;
    await keyring.delete(account);
    return same ? await loadKeyring(USE_TIMEOUT_MS) : undefined;
  } catch {
    return undefined;
  }
}

/** The keyring without a probe, for what is known to lie there. */
export async function loadKeyring(timeoutMs = USE_TIMEOUT_MS): Promise<Keyring> {
  // Native code, loaded by nobody who does without it.
  const { AsyncEntry } = await import("@napi-rs/keyring");
  const entry = (account: string) => new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
  const signal = () => AbortSignal.timeout(timeoutMs);
  return {
    get: async (account) => (await entry(account).getPassword(signal())) ?? null,
    set: (account, value) => entry(account).setPassword(value, signal()),
    delete: async (account) => {
      await entry(account).deletePassword(signal());
    },
  };
}
