import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

const BUS = "/usr/bin/dbus-daemon";
const KEYRING = "/usr/bin/gnome-keyring-daemon";

/** Why there is no keyring to test with, or false; in CI one that is missing is a failure. */
export const noSecretService =
  process.env.CI !== undefined || [BUS, KEYRING].every((file) => existsSync(file))
    ? false
    : "needs the packages dbus and gnome-keyring";

/** A desktop's keyring, on a bus of its own, that nobody sits before. */
export interface SecretService {
  /** What a process needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The keyring is there and closed, as after a restart before anybody has signed in. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Nothing answers any more. */
  stop(): Promise<void>;
}

/** Starts dbus-daemon and gnome-keyring-daemon with folders of their own; all of it goes with the test. */
export async function startSecretService(t: Test): Promise<SecretService> {
  const home = await mkdtemp(join(tmpdir(), "vaultproof-keyring-"));
  // No display: where nobody sits, nobody can be asked to unlock it.
  const own = { PATH: process.env.PATH ?? "", HOME: home, XDG_RUNTIME_DIR: home };
  const bus = spawn(BUS, ["--session", "--nofork", "--print-address=1", `--address=unix:dir=${home}`], {
    env: own,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(bus.stdout, "data")) as [Buffer];
  const env = { ...own, DBUS_SESSION_BUS_ADDRESS: line.toString("utf8").trim() };
  let keyring: ChildProcess | undefined;
  const start = async (how: "locked" | "unlocked"): Promise<void> => {
    await end(keyring);
    const args = ["--foreground", "--components=secrets", ...(how === "unlocked" ? ["--unlock"] : [])];
    keyring = spawn(KEYRING, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    keyring.stdin?.end("the passphrase of the desktop");
    await ownsName(env);
  };
  t.teardown(async () => {
    await end(keyring);
    await end(bus);
    await rm(home, { recursive: true, force: true });
  });
  await start("unlocked");
  return {
    env,
    lock: () => start("locked"),
    unlock: () => start("unlocked"),
    stop: async () => {
      await end(keyring);
      await end(bus);
    },
  };
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Waits until somebody answers for the keyring. */
async function ownsName(env: Readonly<Record<string, string>>): Promise<void> {
  const args = [
    "--session",
    "--dest=org.freedesktop.DBus",
    "--print-reply=literal",
    "/",
    "org.freedesktop.DBus.NameHasOwner",
  ];
  for (;;) {
    const ask = spawn("/usr/bin/dbus-send", [...args, "string:org.freedesktop.secrets"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    ask.stdout.on("data", (text) => (said += String(text)));
    await once(ask, "close");
    if (said.includes("true")) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
