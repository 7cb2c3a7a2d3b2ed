import type { KnownProvider } from "@vaultproof/protocol/providers";
import { KEY_PATTERNS } from "../init/key-patterns.js";

/** Variables by which programs are told of a provider. */
export interface ProviderVariables {
  /** Hold a key: set to the gateway's token. */
  readonly keys: readonly string[];
  /** Hold a base URL; `path` is what of the API's own path they end with. */
  readonly baseUrls: readonly { readonly name: string; readonly path: string }[];
  /** Hold a credential that has no place at the gateway, or that programs would prefer to the key: removed. */
  readonly removed: readonly string[];
  /**
   * What the provider's keys look like, wherever in a value; undefined where they look like nothing in particular. From
   * `init`'s table where that has a shape which is the provider's own.
   */
  readonly keyPattern: RegExp | undefined;
}

/**
 * The shape of a whole key, as `init` knows it, anywhere in a value. `AQ.` is short enough to be the end of one part of a
 * JWT and the beginning of the next: behind something long it says nothing.
 */
function within(wholeKey: RegExp): RegExp {
  const shape = wholeKey.source.replaceAll(/[$^]/g, "");
  return new RegExp(`(?<![A-Za-z0-9_-]{8}(?=AQ\\.))(?:${shape})`);
}

/**
 * What each provider's programs read:
 *
 * - openai: `openai` for Node and Python and `@ai-sdk/openai` read `OPENAI_BASE_URL`, with `/v1`; LangChain and old
 *   programs `OPENAI_API_BASE`.
 * - anthropic: `@anthropic-ai/sdk` and its Python twin read `ANTHROPIC_BASE_URL` without `/v1`; `@ai-sdk/anthropic` the
 *   same variable and expects `/v1`, which the gateway puts in.
 * - google: `@google/genai` reads `GOOGLE_GEMINI_BASE_URL`, and `GOOGLE_API_KEY` before `GEMINI_API_KEY`; `@ai-sdk/google`
 *   reads `GOOGLE_GENERATIVE_AI_API_KEY` and no variable for a base URL.
 * - mistral: its SDKs read `MISTRAL_API_KEY` and take a base URL in code only (`serverURL`, `server_url`).
 * - groq: `groq-sdk` reads `GROQ_BASE_URL`, without `/openai/v1`.
 * - deepseek: has no SDK of its own; its manual uses OpenAI's with a `baseURL` given in code.
 * - together: `together-ai` reads `TOGETHER_BASE_URL`, with `/v1`.
 */
export const PROVIDER_VARIABLES: Readonly<Record<KnownProvider, ProviderVariables>> = {
  openai: {
    keys: ["OPENAI_API_KEY"],
    baseUrls: [
      { name: "OPENAI_BASE_URL", path: "/v1" },
      { name: "OPENAI_API_BASE", path: "/v1" },
    ],
    removed: ["OPENAI_ADMIN_KEY"],
    keyPattern: /sk-(?!ant-)[A-Za-z0-9_-]{20,}/,
  },
  anthropic: {
    keys: ["ANTHROPIC_API_KEY"],
    baseUrls: [{ name: "ANTHROPIC_BASE_URL", path: "" }],
    removed: ["ANTHROPIC_AUTH_TOKEN", "CLAUDE_API_KEY"],
    keyPattern: within(KEY_PATTERNS.anthropic.plausible),
  },
  google: {
    keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
    baseUrls: [{ name: "GOOGLE_GEMINI_BASE_URL", path: "" }],
    removed: [],
    keyPattern: within(KEY_PATTERNS.google.plausible),
  },
  together: {
    keys: ["TOGETHER_API_KEY"],
    baseUrls: [{ name: "TOGETHER_BASE_URL", path: "/v1" }],
    removed: ["TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY"],
    keyPattern: /tgp_v1_[A-Za-z0-9_-]{20,}/,
  },
  mistral: {
    keys: ["MISTRAL_API_KEY"],
    baseUrls: [{ name: "MISTRAL_BASE_URL", path: "" }],
    removed: [],
    keyPattern: undefined,
  },
  groq: {
    keys: ["GROQ_API_KEY"],
    baseUrls: [{ name: "GROQ_BASE_URL", path: "" }],
    removed: [],
    keyPattern: within(KEY_PATTERNS.groq.plausible),
  },
  deepseek: {
    keys: ["DEEPSEEK_API_KEY"],
    baseUrls: [{ name: "DEEPSEEK_BASE_URL", path: "" }],
    removed: [],
    // Theirs begin with `sk-` as others' do; only the variable tells whose a key is.
    keyPattern: undefined,
  },
};

/** The variables of a slug: the table's, or `NAME_API_KEY` and `NAME_BASE_URL` for a custom provider. */
export function variablesOf(slug: string): ProviderVariables {
  if (Object.hasOwn(PROVIDER_VARIABLES, slug)) return PROVIDER_VARIABLES[slug as KnownProvider];
  const name = slug.toUpperCase().replaceAll("-", "_");
  return {
    keys: [`${name}_API_KEY`],
    baseUrls: [{ name: `${name}_BASE_URL`, path: "" }],
    removed: [],
    keyPattern: undefined,
  };
}
