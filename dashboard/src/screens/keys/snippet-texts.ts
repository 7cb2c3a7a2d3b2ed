import { PROVIDERS, type KnownProvider } from "@vaultproof/protocol/providers";
import { isKnown, testCallOf } from "./provider-calls.js";

/** What snippets are about. */
export interface SnippetSubject {
  /** Origin of the service. */
  readonly url: string;
  readonly provider: string;
  readonly providerOrigin: string;
  readonly label: string;
}

/** Variable that holds a provider's key, hence the gateway's token, and how a request presents it. */
interface Variables {
  readonly key: string;
  readonly header: string;
  /** What of the API's own path an OpenAI SDK's base URL ends with. */
  readonly openAiPath: string;
}

const BEARER = "Authorization: Bearer ";
const VARIABLES: Readonly<Record<KnownProvider, Variables>> = {
  openai: { key: "OPENAI_API_KEY", header: BEARER, openAiPath: "/v1" },
  anthropic: { key: "ANTHROPIC_API_KEY", header: "x-api-key: ", openAiPath: "/v1" },
  google: { key: "GEMINI_API_KEY", header: "x-goog-api-key: ", openAiPath: "/v1beta/openai" },
  together: { key: "TOGETHER_API_KEY", header: BEARER, openAiPath: "/v1" },
  mistral: { key: "MISTRAL_API_KEY", header: BEARER, openAiPath: "/v1" },
  groq: { key: "GROQ_API_KEY", header: BEARER, openAiPath: "/openai/v1" },
  deepseek: { key: "DEEPSEEK_API_KEY", header: BEARER, openAiPath: "" },
};
const GATEWAY = "http://127.0.0.1:8790";

/** A request through the gateway of a project that `vaultproof init` made. */
export function curlSnippet(subject: SnippetSubject): string {
  const slug = slugOf(subject);
  const { key, header } = variablesOf(slug);
  const { path, headers } = testCallOf(subject.provider);
  const extra = Object.entries(headers).map(([name, value]) => ` \\\n  -H "${name}: ${value}"`);
  return [
    "# in the project's folder, once: vaultproof init; then, in a terminal of its own:",
    "vaultproof gateway",
    "",
    `# the token that init wrote into .env stands where the key stood`,
    `curl ${GATEWAY}/${slug}${path} \\\n  -H "${header}$${key}"${extra.join("")}`,
  ].join("\n");
}

/** An app in TypeScript with the provider's own SDK. */
export function typeScriptSnippet(subject: SnippetSubject): string {
  return subject.provider === "anthropic" ? anthropicSnippet(subject) : openAiSnippet(subject);
}

/** A program that knows nothing of VaultProof, where no project is kept. */
export function execSnippet(subject: SnippetSubject): string {
  const slug = slugOf(subject);
  const { key } = variablesOf(slug);
  const name = isTableOrigin(subject) ? "" : `${slug}=`;
  return [
    `export VAULTPROOF_URL=${subject.url}`,
    `export VAULTPROOF_BUNDLE=${name}vpb_…   # the app's bundle`,
    "",
    `# the program finds a token in ${key} and the gateway's address beside it`,
    "vaultproof exec -- node app.js",
  ].join("\n");
}

function openSnippet(url: string): string {
  return [
    'import { VaultProofApp } from "@vaultproof/sdk";',
    "",
    "const app = await VaultProofApp.open({",
    `  url: "${url}",`,
    "  bundle: process.env.VAULTPROOF_BUNDLE!,",
    "});",
  ].join("\n");
}

function openAiSnippet(subject: SnippetSubject): string {
  const { provider, providerOrigin, url } = subject;
  const path = isKnown(provider) ? VARIABLES[provider].openAiPath : "/v1";
  return [
    'import OpenAI from "openai";',
    openSnippet(url),
    "const openai = new OpenAI({",
    '  apiKey: "not-used",',
    `  baseURL: "${providerOrigin}${path}",`,
    "  fetch: app.fetch,",
    "});",
    "for await (const model of openai.models.list()) console.log(model.id);",
  ].join("\n");
}

function anthropicSnippet({ providerOrigin, url }: SnippetSubject): string {
  return [
    'import Anthropic from "@anthropic-ai/sdk";',
    openSnippet(url),
    "const anthropic = new Anthropic({",
    '  apiKey: "not-used",',
    `  baseURL: "${providerOrigin}",`,
    "  fetch: app.fetch,",
    "});",
    "for await (const model of anthropic.models.list()) console.log(model.id);",
  ].join("\n");
}

/** The gateway's path for it: a provider's own for its own address, else one after the label. */
function slugOf(subject: SnippetSubject): string {
  if (isTableOrigin(subject)) return subject.provider;
  const slug = subject.label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug === "" || isKnown(slug) ? "my-provider" : slug;
}

function isTableOrigin({ provider, providerOrigin }: SnippetSubject): boolean {
  return isKnown(provider) && PROVIDERS[provider].baseUrl === providerOrigin;
}

function variablesOf(slug: string): Pick<Variables, "key" | "header"> {
  if (isKnown(slug)) return VARIABLES[slug];
  return { key: `${slug.toUpperCase().replaceAll("-", "_")}_API_KEY`, header: BEARER };
}
