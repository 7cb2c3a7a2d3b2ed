import { APP_ID } from "@vaultproof/protocol/identifiers";
import { LIMITS } from "@vaultproof/protocol/limits";
import { DestinationError, resolveDestination, type ProviderSlug } from "@vaultproof/protocol/providers";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { providerName } from "./provider-calls.js";
import { NO_RESTRICTIONS, readDraft, type RestrictionsDraft } from "./restrictions-draft.js";

/** What is said of a new key, without the key itself: that is in its input and nowhere else. */
export interface KeyDraft {
  readonly provider: ProviderSlug;
  /** Undefined until somebody writes one: the provider's name stands for it. */
  readonly label: string | undefined;
  /** Empty: the provider's own. */
  readonly baseUrl: string;
  readonly headerName: string;
  readonly headerTemplate: string;
  readonly apps: readonly string[];
  readonly restrictions: RestrictionsDraft;
  /** Whether this browser keeps the apps' bundles. */
  readonly keep: boolean;
}

/** What the SDK stores a key with. */
export interface KeyDetails {
  readonly provider: ProviderSlug;
  readonly label: string;
  readonly apps: readonly string[];
  readonly baseUrl?: string | undefined;
  readonly authHeader?: { readonly name: string; readonly template: string } | undefined;
  readonly restrictions?: Restrictions | undefined;
}

/** Fields of the form that something can be wrong with. */
export type KeyField = "key" | "label" | "baseUrl" | "authHeader" | "apps" | "restrictions";
export type KeyProblems = Readonly<Partial<Record<KeyField, string>>>;

export const NEW_KEY: KeyDraft = {
  provider: "openai",
  label: undefined,
  baseUrl: "",
  headerName: "authorization",
  headerTemplate: "Bearer {key}",
  apps: ["my-app"],
  restrictions: NO_RESTRICTIONS,
  keep: true,
};

/** The label as it is sent. */
export function labelOf({ label, provider }: KeyDraft): string {
  return label ?? providerName(provider);
}

/** What a draft means as far as it goes, for people to look at; members that cannot be read are left out. */
export function detailsOf(draft: KeyDraft): KeyDetails {
  const { provider, apps, baseUrl, headerName: name, headerTemplate: template } = draft;
  const read = readDraft(draft.restrictions);
  return {
    provider,
    label: labelOf(draft),
    apps,
    ...(baseUrl.trim() === "" ? {} : { baseUrl: baseUrl.trim() }),
    ...(provider === "custom" ? { authHeader: { name: name.trim(), template } } : {}),
    ...(read.problems === undefined && read.restrictions !== undefined
      ? { restrictions: read.restrictions }
      : {}),
  };
}

/** What is wrong with a draft, by field; empty where it can be stored. */
export function problemsOf(draft: KeyDraft): KeyProblems {
  const label = labelOf(draft).trim();
  const wrong = draft.apps.find((appId) => !APP_ID.test(appId));
  return {
    ...(label === "" ? { label: "Give the key a name." } : {}),
    ...(label.length > LIMITS.labelChars ? { label: `At most ${LIMITS.labelChars} characters.` } : {}),
    ...destinationProblem(detailsOf(draft)),
    ...(draft.apps.length === 0 ? { apps: "Name an app that may use the key." } : {}),
    ...(wrong === undefined
      ? {}
      : { apps: `“${wrong}” cannot name an app: 1 to 128 of A-Z a-z 0-9 . _ : -` }),
    ...(readDraft(draft.restrictions).problems === undefined
      ? {}
      : { restrictions: "Something is wrong with the restrictions; see below." }),
  };
}

/** Words of server and SDK that tell which field an error is about. */
const NAMED_IN_ERRORS: readonly { readonly word: RegExp; readonly field: KeyField }[] = [
  { word: /\bapiKey\b/, field: "key" },
  { word: /\bauthHeader\b/, field: "authHeader" },
  { word: /\bbaseUrl\b/, field: "baseUrl" },
  { word: /\brestrict/i, field: "restrictions" },
  { word: /\blabel\b/, field: "label" },
  { word: /\bapps?\b/, field: "apps" },
];

/** The field that an error of server or SDK is about. */
export function fieldOfError(message: string): KeyField | undefined {
  return NAMED_IN_ERRORS.find(({ word }) => word.test(message))?.field;
}

function destinationProblem(details: KeyDetails): KeyProblems {
  try {
    resolveDestination(details);
    return {};
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error;
    const field = error.message.includes("authHeader") ? "authHeader" : "baseUrl";
    return { [field]: sentence(error.message) };
  }
}

function sentence(text: string): string {
  return text
    .replace("the provider custom needs a baseUrl", "A custom provider needs its base URL")
    .replace(/^baseUrl /, "The base URL ")
    .replace(/^authHeader\.name /, "The header's name ")
    .replace(/^authHeader\.template /, "The header's value ");
}
