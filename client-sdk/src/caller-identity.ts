import type { CallAuth } from "@vaultproof/protocol/call";
import { createAccessTokenHolder, MOST_AUTH_CHARS, type AccessTokenOptions } from "./access-token-holder.js";
import { VaultProofError } from "./sdk-error.js";
import type { ServerClock } from "./server-clock.js";

/** For whom an app's calls are made, in the words of the developer's backend; sent in `auth` and nowhere else. */
export interface CallerIdentityOptions extends AccessTokenOptions {
  /** A JWT of the identity provider; a function is asked at every call. */
  readonly identityToken?: AuthText | undefined;
  /** As `signIdentity` made it; a function is asked at every call. */
  readonly idSignature?: AuthText | undefined;
}

const PRINTABLE = /^[\x21-\x7e]+$/;

type AuthText = string | (() => string | Promise<string>);

/** What an app client adds to its calls. */
export interface CallerIdentity {
  /**
   * `auth` of a call that begins now; undefined where the client was given nothing for it.
   *
   * @throws VaultProofError `auth-unavailable`
   */
  auth(): Promise<CallAuth | undefined>;
  /** @throws VaultProofError `invalid-argument` */
  setAccessToken(accessToken: string): void;
  close(): void;
}

/**
 * Ties together what a client was given to say for whom it calls.
 *
 * @throws VaultProofError `invalid-argument`
 */
export function createCallerIdentity(options: CallerIdentityOptions, clock: ServerClock): CallerIdentity {
  const texts = Object.entries({ identityToken: options.identityToken, idSignature: options.idSignature });
  for (const [name, given] of texts) requireAuthText(name, given);
  const accessTokens = createAccessTokenHolder(options, clock);
  return {
    async auth() {
      const asked = [
        ...texts.map(async ([name, given]) => [name, await textOf(name, given)] as const),
        accessTokens.current().then((text) => ["accessToken", text] as const),
      ];
      const members = (await Promise.all(asked)).filter(([, text]) => text !== undefined);
      return members.length === 0 ? undefined : Object.fromEntries(members);
    },
    setAccessToken: (accessToken) => accessTokens.set(accessToken),
    close: () => accessTokens.close(),
  };
}

async function textOf(name: string, given: AuthText | undefined): Promise<string | undefined> {
  if (typeof given !== "function") return given;
  let text: unknown;
  try {
    text = await given();
  } catch (cause) {
    throw new VaultProofError("auth-unavailable", `${name} failed`, { cause });
  }
  if (isAuthText(text)) return text;
  throw new VaultProofError("auth-unavailable", `${name} gave something else than a text`);
}

function requireAuthText(name: string, given: AuthText | undefined): void {
  if (given === undefined || typeof given === "function" || isAuthText(given)) return;
  throw new VaultProofError("invalid-argument", `${name} is a text or a function that gives one`);
}

function isAuthText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MOST_AUTH_CHARS && PRINTABLE.test(value);
}
