import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { VaultProofError } from "./sdk-error.js";
import type { ServerClock } from "./server-clock.js";

/** How an app client comes by its access tokens. */
export interface AccessTokenOptions {
  /** A token of the developer's backend, sent with every call. */
  readonly accessToken?: string | undefined;
  /**
   * Asks the developer's backend for a token: when none is held, and before the one that is runs out, in time and by
   * itself. Calls that wait for it share one.
   */
  readonly getAccessToken?: (() => Promise<GivenAccessToken>) | undefined;
  /** Told once of a token that runs out and that no `getAccessToken` renews. */
  readonly onAccessTokenExpiring?: ((secondsLeft: number) => void) | undefined;
}

/** What `getAccessToken` gives: the token alone, or as `retrieveAccessToken` made it. */
export type GivenAccessToken = string | { readonly accessToken: string; readonly expiresAt?: number };

/** The access token of a client, as long as that is open. */
export interface AccessTokenHolder {
  /**
   * The token for a call that begins now; undefined where there is none and nobody to ask.
   *
   * @throws VaultProofError `auth-unavailable`
   */
  current(): Promise<string | undefined>;
  /** @throws VaultProofError `invalid-argument` for what is no token. */
  set(accessToken: string): void;
  close(): void;
}

interface HeldToken {
  readonly text: string;
  /** Unix seconds, the server's clock. */
  readonly expiresAt: number;
  readonly renewAt: number;
}

/** Enough for a proof and for a slow backend; of a token that lives shorter, half its life. */
const MARGIN_SECONDS = 30;
const LEAST_DELAY_MS = 1000;
/** What timers count to. */
const MOST_DELAY_MS = 0x7fff_ffff;
export const MOST_AUTH_CHARS = 16_384;

/**
 * Holds and renews a client's access token.
 *
 * @throws VaultProofError `invalid-argument`
 */
export function createAccessTokenHolder(options: AccessTokenOptions, clock: ServerClock): AccessTokenHolder {
  const { getAccessToken, onAccessTokenExpiring } = options;
  requireFunctions({ getAccessToken, onAccessTokenExpiring });
  let held: HeldToken | undefined;
  let renewal: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const hold = (token: HeldToken): void => {
    clearTimeout(timer);
    held = token;
    if (closed || (getAccessToken === undefined && onAccessTokenExpiring === undefined)) return;
    const delay = (token.renewAt - clock.now()) * 1000;
    timer = setTimeout(() => onMargin(token), Math.min(Math.max(delay, LEAST_DELAY_MS), MOST_DELAY_MS));
    // Nothing to wait for with a process that has nothing else to do. In browsers a timer is a number.
    (timer as { unref?: () => void }).unref?.();
  };
  const onMargin = (token: HeldToken): void => {
    if (clock.now() < token.renewAt) hold(token);
    // A call that finds no token asks again, and is told what went wrong.
    else if (getAccessToken !== undefined) renew(getAccessToken).catch(() => undefined);
    else onAccessTokenExpiring?.(Math.max(0, token.expiresAt - clock.now()));
  };
  const renew = (ask: NonNullable<AccessTokenOptions["getAccessToken"]>): Promise<void> => {
    renewal ??= askFor(ask, clock)
      .then(hold)
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  if (options.accessToken !== undefined) hold(readToken(options.accessToken, clock.now()));
  return {
    async current() {
      if (getAccessToken === undefined || (held !== undefined && clock.now() < held.renewAt))
        return held?.text;
      try {
        await renew(getAccessToken);
      } catch (error) {
        if (held === undefined || clock.now() >= held.expiresAt) throw error;
      }
      return held?.text;
    },
    set: (accessToken) => hold(readToken(accessToken, clock.now())),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function askFor(
  ask: NonNullable<AccessTokenOptions["getAccessToken"]>,
  clock: ServerClock,
): Promise<HeldToken> {
  let given: GivenAccessToken;
  try {
    given = await ask();
  } catch (cause) {
    throw new VaultProofError("auth-unavailable", "getAccessToken failed", { cause });
  }
  const token = readToken(given, clock.now(), "auth-unavailable");
  if (token.expiresAt > clock.now()) return token;
  throw new VaultProofError("auth-unavailable", "getAccessToken gave a token that has expired");
}

function readToken(
  given: unknown,
  now: number,
  code: "invalid-argument" | "auth-unavailable" = "invalid-argument",
): HeldToken {
  const { accessToken: text, expiresAt: told } =
    typeof given === "object" && given !== null
      ? (given as { accessToken?: unknown; expiresAt?: unknown })
      : { accessToken: given, expiresAt: undefined };
  if (typeof text !== "string" || text === "" || text.length > MOST_AUTH_CHARS) throw notAToken(code);
  // The sooner, where both are there: what is told may be in milliseconds.
  const ends = [told, expiryOf(text)].filter((end) => end !== undefined && end !== null);
  const expiresAt = Math.min(...ends.map((end) => (typeof end === "number" ? end : Number.NaN)));
  if (!Number.isFinite(expiresAt)) throw notAToken(code);
  const margin = Math.min(MARGIN_SECONDS, Math.max(0, expiresAt - now) / 2);
  return { text, expiresAt, renewAt: expiresAt - margin };
}

/** `exp` of a JWT; nothing is verified here, where no key is known. */
function expiryOf(token: string): unknown {
  try {
    const payload = new TextDecoder().decode(fromBase64Url(token.split(".")[1] ?? ""));
    return (JSON.parse(payload) as { exp?: unknown } | null)?.exp;
  } catch {
    return undefined;
  }
}

function requireFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || typeof value === "function") continue;
    throw new VaultProofError("invalid-argument", `${name} is a function`);
  }
}

/** Says nothing of what came: it may be a secret meant for somebody else. */
function notAToken(code: "invalid-argument" | "auth-unavailable"): VaultProofError {
  return new VaultProofError(code, "an access token is a JWT with exp, as retrieveAccessToken makes it");
}
