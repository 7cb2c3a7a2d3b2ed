import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { formatMoment } from "./format.js";

/** One restriction in words. */
export interface RestrictionLine {
  readonly name: string;
  readonly value: string;
}

/** Restrictions in words, one a line; empty where there are none. What this page does not know is shown as JSON. */
export function describeRestrictions(restrictions: Restrictions | null): RestrictionLine[] {
  return Object.entries(restrictions ?? {}).map(([name, value]) => {
    const known = WORDS[name];
    return known === undefined
      ? { name, value: JSON.stringify(value) }
      : { name: known.name, value: known.say(value) };
  });
}

const WORDS: Readonly<Record<string, { readonly name: string; readonly say: (value: unknown) => string }>> = {
  methods: { name: "Methods", say: list },
  mode: {
    name: "Mode",
    say: (mode) => (mode === "read-only" ? "reads only (GET, HEAD)" : "writes only (no GET, HEAD)"),
  },
  paths: { name: "Paths", say: list },
  models: { name: "Models", say: list },
  origins: { name: "Web origins", say: list },
  ips: { name: "Addresses", say: list },
  notAfter: { name: "Ends", say: (seconds) => formatMoment(Number(seconds)) },
  perMinute: { name: "Calls a minute", say: count },
  perDay: { name: "Calls a day", say: count },
  perMonth: { name: "Calls a month", say: count },
  maxBody: { name: "Largest body", say: (bytes) => `${count(bytes)} bytes` },
  identity: { name: "Users", say: identity },
  sealedOnly: { name: "Shares", say: (only) => (only === true ? "sealed only" : "sealed or in clear") },
};

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function count(value: unknown): string {
  return Number(value).toLocaleString("en");
}

function identity(value: unknown): string {
  const { accept = [], keys = [] } = value as { accept?: string[]; keys?: { version: string }[] };
  return `signed for by your backend (${accept.join(", ")}; keys ${keys.map(({ version }) => version).join(", ")})`;
}
