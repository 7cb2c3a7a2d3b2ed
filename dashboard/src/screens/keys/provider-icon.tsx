import { isKnown } from "./provider-calls.js";
import "./provider-icon.css";

/** Two letters and a shape each: told apart at a glance, and nobody's trademark. */
const TILES: Readonly<Record<string, { readonly letters: string; readonly shape: string }>> = {
  openai: { letters: "OA", shape: "M20 2 36 11v18L20 38 4 29V11z" },
  anthropic: { letters: "An", shape: "M20 2 38 36H2z" },
  google: { letters: "Go", shape: "M20 2a18 18 0 1 1 0 36 18 18 0 0 1 0-36z" },
  together: {
    letters: "To",
    shape: "M12 4h16a8 8 0 0 1 8 8v16a8 8 0 0 1-8 8H12a8 8 0 0 1-8-8V12a8 8 0 0 1 8-8z",
  },
  mistral: { letters: "Mi", shape: "M2 8 20 14 38 8v24L20 38 2 32z" },
  groq: { letters: "Gq", shape: "M20 2 38 20 20 38 2 20z" },
  deepseek: { letters: "DS", shape: "M4 20C4 10 11 3 20 3s16 7 16 17-7 17-16 17c-4 0-8-2-11-5H4z" },
};
const OTHER = { letters: "{}", shape: "M4 4h32v32H4z" };

/** A provider's tile; its name stands beside it in words. */
export function ProviderIcon({ provider }: { readonly provider: string }) {
  const { letters, shape } = (isKnown(provider) ? TILES[provider] : undefined) ?? OTHER;
  return (
    <svg
      class="provider-icon"
      viewBox="0 0 40 40"
      width="40"
      height="40"
      aria-hidden="true"
      focusable="false"
    >
      <path d={shape} />
      <text x="20" y={provider === "anthropic" ? 31 : 25} text-anchor="middle">
        {letters}
      </text>
    </svg>
  );
}
