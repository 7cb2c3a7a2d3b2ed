import type { KnownProvider } from "@vaultproof/protocol/providers";
import { isWrittenByHand, looksRandom } from "./written-by-hand.js";

/** How a provider's keys are found and its clients turned to the gateway. */
export interface KeyPattern {
  /** Variables that hold a key of the provider, whatever the key looks like. */
  readonly variables: readonly string[];
  /** Keys that can be nobody else's, whatever holds them; undefined where they look like anybody's. */
  readonly unmistakable: RegExp | undefined;
  /** What a key behind such a variable looks like at the least. */
  readonly plausible: RegExp;
  /** The variables by which clients are told where the provider is. */
  readonly baseUrlVariables: readonly string[];
  /** What such a variable holds behind the origin when nobody has set it. */
  readonly basePath: string;
  /** Hosts behind such a variable that take the key in another way than the provider does. */
  readonly foreignHosts?: RegExp;
}

const ANY_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{19,511}$/;
const ALONE = { before: "(?<![A-Za-z0-9_-])", after: "(?![A-Za-z0-9_-])" } as const;
const alone = (body: string): RegExp => new RegExp(ALONE.before + body + ALONE.after, "g");

/** One row a provider of the table; `npm run build` names this table when a provider is added. */
export const KEY_PATTERNS: Readonly<Record<KnownProvider, KeyPattern>> = {
  openai: {
    variables: ["OPENAI_API_KEY", "OPENAI_KEY", "OPENAI_SECRET_KEY"],
    unmistakable: alone(
      "sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    ),
    plausible: /^(?!sk-(?:ant|or)-)[A-Za-z0-9][A-Za-z0-9._-]{19,511}$/,
    baseUrlVariables: ["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    basePath: "/v1",
    foreignHosts: /\.azure\.com$|\.azure-api\.net$|\.microsoft\.com$/,
  },
  anthropic: {
    variables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_API_KEY"],
    unmistakable: alone("sk-ant-[A-Za-z0-9_-]{20,}"),
    plausible: /^sk-ant-[A-Za-z0-9_-]{12,512}$/,
    baseUrlVariables: ["ANTHROPIC_BASE_URL"],
    basePath: "",
    foreignHosts: /\.amazonaws\.com$|\.googleapis\.com$|\.azure\.com$/,
  },
  google: {
    variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_GENAI_API_KEY"],
    unmistakable: undefined,
    plausible: /^AIza[A-Za-z0-9_-]{35}$|^AQ\.[A-Za-z0-9_-]{20,512}$/,
    baseUrlVariables: ["GOOGLE_GEMINI_BASE_URL"],
    basePath: "",
  },
  together: {
    variables: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"],
    unmistakable: alone("tgp_v1_[A-Za-z0-9_-]{30,}"),
    plausible: ANY_KEY,
    baseUrlVariables: ["TOGETHER_BASE_URL"],
    basePath: "/v1",
  },
  mistral: {
    variables: ["MISTRAL_API_KEY"],
    unmistakable: undefined,
    plausible: ANY_KEY,
    baseUrlVariables: ["MISTRAL_BASE_URL"],
    basePath: "",
  },
  groq: {
    variables: ["GROQ_API_KEY"],
    unmistakable: alone("gsk_[A-Za-z0-9]{30,}"),
    plausible: /^gsk_[A-Za-z0-9]{16,256}$/,
    baseUrlVariables: ["GROQ_BASE_URL"],
    basePath: "",
  },
  deepseek: {
    variables: ["DEEPSEEK_API_KEY"],
    unmistakable: undefined,
    plausible: ANY_KEY,
    baseUrlVariables: ["DEEPSEEK_BASE_URL"],
    basePath: "",
  },
};

/** A key in some text. */
export interface KeyInText {
  readonly provider: KnownProvider;
  readonly key: string;
  /** Where it begins. */
  readonly start: number;
}

const LEAST_DIFFERENT_CHARACTERS = 8;

/** Whether a value is a real key and not what stands in its place. */
export function isRealKey(value: string): boolean {
  if (value.startsWith("vpg_") || isWrittenByHand(value)) return false;
  return new Set(value).size >= LEAST_DIFFERENT_CHARACTERS;
}

/** Every key in a text that says by itself whose it is. */
export function findKeysInText(text: string): KeyInText[] {
  const found: KeyInText[] = [];
  for (const [provider, { unmistakable }] of Object.entries(KEY_PATTERNS)) {
    if (unmistakable === undefined) continue;
    for (const { 0: key, index: start } of text.matchAll(unmistakable)) {
      if (isRealKey(key)) found.push({ provider: provider as KnownProvider, key, start });
    }
  }
  return found;
}

/** Services that sell a provider's models under keys of their own. */
const ANOTHERS = /(?:^|_)AZURE_/;
/** Endings of variables that say something about a key. */
const ABOUT_A_KEY =
  /_(?:NAME|FILE|FILENAME|PATH|DIR|ID|HEADER|HEADERS|SCHEME|PREFIX|URL|URI|ENDPOINT|HOST|BASE|VERSION|REGION|TYPE|VAR|VARIABLE|REF|ARN|HASH|LENGTH|EXPIRY|EXPIRES|ENABLED|REQUIRED)(?:_|$)/;

/**
 * Whose key a variable holds by its name: a name of the table, alone, behind a prefix (`NEXT_PUBLIC_OPENAI_API_KEY`)
 * or before a suffix (`OPENAI_API_KEY_PROD`). Not `AZURE_OPENAI_API_KEY`, nor `OPENAI_API_KEY_FILE`.
 */
export function providerOfVariable(name: string): KnownProvider | undefined {
  const upper = name.toUpperCase();
  for (const [provider, { variables }] of Object.entries(KEY_PATTERNS)) {
    for (const variable of variables) {
      const [, before, after] = new RegExp(`^(|.*_)${variable}(|_.*)$`).exec(upper) ?? [];
      if (before === undefined || after === undefined) continue;
      return ANOTHERS.test(before) || ABOUT_A_KEY.test(after) ? undefined : (provider as KnownProvider);
    }
  }
  return undefined;
}

/**
 * Whether a value behind a provider's variable is one of its keys. A name with a prefix or suffix may mean anything: the
 * value must then have the shape of the provider's keys or, where they have none, be random.
 */
export function holdsKey(provider: KnownProvider, name: string, value: string): boolean {
  const { variables, unmistakable, plausible } = KEY_PATTERNS[provider];
  if (!plausible.test(value) || !isRealKey(value)) return false;
  if (variables.includes(name.toUpperCase()) || providerOfVariable(name) !== provider) return true;
  if (unmistakable === undefined) return looksRandom(value);
  return findKeysInText(value).some((found) => found.provider === provider && found.key === value);
}
