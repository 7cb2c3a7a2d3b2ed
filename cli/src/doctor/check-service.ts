import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { FOLDER_OF_UP } from "../errors.js";
import { broken, ok, skipped, type Finding } from "./finding.js";

const TIMEOUT_MS = 10_000;
/** The SDK follows the server's clock; beyond this something else on the device will go wrong too, such as TLS. */
const MOST_SKEW_SECONDS = 60;

/** Whether the service answers, is the one that was pinned, and agrees on the time. */
export async function checkService(options: {
  readonly url: string;
  /** The fingerprint that was pinned for this address. */
  readonly pin: string | undefined;
  /** Nobody pins anything before the first login. */
  readonly loggedIn: boolean;
  readonly now?: () => number;
}): Promise<{ findings: Finding[]; reachable: boolean }> {
  const { url, pin, loggedIn, now = Date.now } = options;
  let response: Response;
  try {
    response = await fetch(`${url}/.well-known/vaultproof`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "manual",
    });
  } catch {
    const remedy =
      "start it with `vaultproof up`, or name the right address: vaultproof config set url ORIGIN";
    return { findings: [broken("edge", `${url} gives no answer`, remedy)], reachable: false };
  }
  const clock = checkClock(response.headers.get("date"), now());
  if (response.status !== 200) {
    const remedy =
      response.status >= 502 && response.status <= 504
        ? "the edge runs and the server behind it does not: start or look at the server"
        : "name the right address: vaultproof config set url ORIGIN";
    return {
      findings: [broken("edge", `${url} answers ${response.status}`, remedy), clock],
      reachable: false,
    };
  }
  const identity = await readIdentity(response);
  const pinned =
    pin === undefined && identity !== undefined && !loggedIn
      ? skipped("identity", `${identity}; the first login pins it`)
      : checkIdentity(identity, pin);
  return { findings: [ok("edge", `${url} answers`), clock, pinned], reachable: true };
}

/** @param date the answer's header. @param now this device's clock, milliseconds. */
export function checkClock(date: string | null, now: number): Finding {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return skipped("clock", "the service does not say what time it is");
  const seconds = Math.round((now - theirs) / 1000);
  if (Math.abs(seconds) <= MOST_SKEW_SECONDS) return ok("clock", "agrees with the server's");
  const way = seconds > 0 ? "ahead of" : "behind";
  return broken(
    "clock",
    `this device's clock is ${Math.abs(seconds)} s ${way} the server's`,
    "set it by the network: timedatectl set-ntp true, or the system's settings of date and time",
  );
}

/** @param identity fingerprint in the server's document; undefined where the document has none. */
export function checkIdentity(identity: string | undefined, pin: string | undefined): Finding {
  const check = "identity";
  if (identity === undefined) {
    return broken(check, "what answers is not a VaultProof server", "vaultproof config set url ORIGIN");
  }
  if (pin === undefined) {
    return broken(
      check,
      `no identity is pinned; the server says that it is ${identity}`,
      "compare that with what the server prints at start, then: vaultproof config set server-identity " +
        identity,
    );
  }
  if (identity === pin) return ok(check, `${identity}, as pinned`);
  return broken(
    check,
    `the server says that it is ${identity}; pinned is ${pin}`,
    `${FOLDER_OF_UP}. If it was set up anew on purpose: vaultproof config set server-identity FINGERPRINT; ` +
      "otherwise send it nothing and ask its operator",
  );
}

async function readIdentity(response: Response): Promise<string | undefined> {
  try {
    const { identity } = (await response.json()) as { identity?: unknown };
    if (typeof identity !== "string" || !FINGERPRINT.test(identity)) return undefined;
    return keyFingerprint(fromBase64Url(identity));
  } catch {
    return undefined;
  }
}
