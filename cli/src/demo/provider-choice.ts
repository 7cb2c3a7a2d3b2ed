import { PROVIDERS, type KnownProvider } from "@vaultproof/protocol/providers";
import { CliError } from "../errors.js";
import type { Environment } from "../environment.js";

/** Which provider the demo calls, and how. */
export interface ProviderChoice {
  /** Undefined: the local provider, which the demo starts itself. */
  readonly provider: KnownProvider | undefined;
  /** The key to store; undefined: a random one. */
  readonly apiKey: string | undefined;
  /** A call that costs nothing. */
  readonly call: { readonly path: string; readonly headers: Readonly<Record<string, string>> };
}

/** Lists the models of each provider: free of charge, and answered only to a right key. */
export const LIST_MODELS: Record<KnownProvider, ProviderChoice["call"]> = {
  openai: { path: "/v1/models", headers: {} },
  anthropic: { path: "/v1/models", headers: { "anthropic-version": "2023-06-01" } },
  google: { path: "/v1beta/models", headers: {} },
  together: { path: "/v1/models", headers: {} },
  mistral: { path: "/v1/models", headers: {} },
  groq: { path: "/openai/v1/models", headers: {} },
  deepseek: { path: "/models", headers: {} },
};

const KEY = /^[\x21-\x7e]{1,4096}$/;

/**
 * Reads `PROVIDER` and `PROVIDER_KEY`.
 *
 * @throws CliError `provider-invalid`; never shows the key.
 */
export function chooseProvider(env: Environment): ProviderChoice {
  const provider = env.PROVIDER?.trim() ?? "";
  const apiKey = env.PROVIDER_KEY?.trim() ?? "";
  if (apiKey !== "" && !KEY.test(apiKey)) {
    throw new CliError(
      "provider-invalid",
      "PROVIDER_KEY must be 1 to 4096 printable ASCII characters without spaces",
    );
  }
  if (provider === "") {
    return { provider: undefined, apiKey: apiKey === "" ? undefined : apiKey, call: LIST_MODELS.openai };
  }
  if (!isKnown(provider)) {
    const known = Object.keys(PROVIDERS).join(", ");
    throw new CliError("provider-invalid", `PROVIDER is not one of ${known}`, {
      hint: "leave PROVIDER out to use the local provider",
    });
  }
  if (apiKey === "") {
    throw new CliError("provider-invalid", `PROVIDER=${provider} needs a key in PROVIDER_KEY`, {
      hint: `PROVIDER=${provider} PROVIDER_KEY=… vaultproof demo`,
    });
  }
  return { provider, apiKey, call: LIST_MODELS[provider] };
}

function isKnown(slug: string): slug is KnownProvider {
  return Object.hasOwn(PROVIDERS, slug);
}
