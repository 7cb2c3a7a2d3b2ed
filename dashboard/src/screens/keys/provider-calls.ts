import {
  CUSTOM_PROVIDER,
  PROVIDERS,
  type KnownProvider,
  type ProviderSlug,
} from "@vaultproof/protocol/providers";

/** A call that costs nothing and is answered only to a right key. */
export interface TestCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Lists the models of each provider. */
const LIST_MODELS: Readonly<Record<KnownProvider, TestCall>> = {
  openai: { path: "/v1/models", headers: {} },
  anthropic: { path: "/v1/models", headers: { "anthropic-version": "2023-06-01" } },
  google: { path: "/v1beta/models", headers: {} },
  together: { path: "/v1/models", headers: {} },
  mistral: { path: "/v1/models", headers: {} },
  groq: { path: "/openai/v1/models", headers: {} },
  deepseek: { path: "/models", headers: {} },
};

/** What to call to see whether a provider takes a key; for custom ones what most of them have. */
export function testCallOf(provider: string): TestCall {
  return isKnown(provider) ? LIST_MODELS[provider] : { path: "/v1/models", headers: {} };
}

/** A provider's name for people. */
export function providerName(provider: string): string {
  if (isKnown(provider)) return PROVIDERS[provider].name;
  return provider === CUSTOM_PROVIDER ? "Custom" : provider;
}

/** Whether a slug stands in the table; a newer server may know more. */
export function isKnown(provider: string): provider is KnownProvider {
  return Object.hasOwn(PROVIDERS, provider);
}

/** Where a provider's keys are made. */
export const KEY_PAGES: Readonly<Partial<Record<ProviderSlug, string>>> = {
  openai: "platform.openai.com/api-keys",
  anthropic: "console.anthropic.com/settings/keys",
  google: "aistudio.google.com/apikey",
  together: "api.together.ai/settings/api-keys",
  mistral: "console.mistral.ai/api-keys",
  groq: "console.groq.com/keys",
  deepseek: "platform.deepseek.com/api_keys",
};
