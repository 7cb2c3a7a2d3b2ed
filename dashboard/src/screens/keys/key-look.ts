import { PROVIDERS, type KnownProvider, type ProviderSlug } from "@vaultproof/protocol/providers";

/** How a provider's keys begin, as far as they begin in a way of their own. The longest beginning that fits decides. */
const BEGINNINGS: readonly {
  readonly text: string;
  readonly of: readonly (KnownProvider | "vaultproof")[];
}[] = [
  { text: "sk-", of: ["openai", "deepseek"] },
  { text: "sk-proj-", of: ["openai"] },
  { text: "sk-svcacct-", of: ["openai"] },
  { text: "sk-admin-", of: ["openai"] },
  { text: "sk-ant-", of: ["anthropic"] },
  { text: "AIza", of: ["google"] },
  { text: "AQ.", of: ["google"] },
  { text: "tgp_v1_", of: ["together"] },
  { text: "gsk_", of: ["groq"] },
  { text: "vp_live_", of: ["vaultproof"] },
  { text: "vp_test_", of: ["vaultproof"] },
  { text: "vpb_", of: ["vaultproof"] },
  { text: "vpg_", of: ["vaultproof"] },
  { text: "vpk_", of: ["vaultproof"] },
];
/** Below this nobody's keys are. */
const LEAST_BYTES = 20;

/**
 * What is odd about a key for this provider, in words; undefined where nothing is. Compares bytes: a regular expression
 * would leave the whole key in `RegExp.input`.
 */
export function oddLook(key: Uint8Array, provider: ProviderSlug): string | undefined {
  if (key.length === 0) return undefined;
  const fitting = BEGINNINGS.filter(({ text }) => beginsWith(key, text));
  const [longest] = fitting.sort((a, b) => b.text.length - a.text.length);
  if (longest?.of.includes("vaultproof") === true)
    return "This is a secret of VaultProof itself, not a provider's key. Do not store it here.";
  if (provider === "custom") return undefined;
  const { name } = PROVIDERS[provider];
  const owners = longest?.of.filter((owner) => owner !== "vaultproof") ?? [];
  if (owners.length > 0 && !owners.includes(provider)) {
    const names = owners.map((owner) => PROVIDERS[owner].name).join(" or ");
    return `This looks like a key of ${names}, not of ${name}.`;
  }
  const own = BEGINNINGS.filter(({ of }) => of.includes(provider)).map(({ text }) => text);
  if (own.length > 0 && owners.length === 0)
    return `Keys of ${name} usually begin with ${listed(own)}; this one does not.`;
  return key.length < LEAST_BYTES ? `This is shorter than keys of ${name} usually are.` : undefined;
}

function beginsWith(key: Uint8Array, text: string): boolean {
  return (
    key.length >= text.length &&
    Array.from(text, (char) => char.charCodeAt(0)).every((code, i) => key[i] === code)
  );
}

/** Beginnings that others begin with are enough. */
function listed(texts: readonly string[]): string {
  return texts
    .filter((text) => !texts.some((other) => other !== text && text.startsWith(other)))
    .join(" or ");
}
