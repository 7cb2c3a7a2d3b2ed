import { PROVIDER_SLUGS, type ProviderSlug } from "@vaultproof/protocol/providers";
import { useId } from "preact/hooks";
import { providerName } from "./provider-calls.js";
import { ProviderIcon } from "./provider-icon.js";
import "./provider-picker.css";

/** Whose key it is: one of the known providers, or any other. */
export function ProviderPicker(props: {
  readonly value: ProviderSlug;
  readonly onChange: (provider: ProviderSlug) => void;
  readonly disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset disabled={props.disabled ?? false}>
      <legend>Provider</legend>
      <div class="provider-choices">
        {PROVIDER_SLUGS.map((slug) => (
          <label key={slug} class="provider-choice">
            <input
              type="radio"
              name={name}
              value={slug}
              checked={slug === props.value}
              onChange={() => props.onChange(slug)}
            />
            <ProviderIcon provider={slug} />
            <span>{providerName(slug)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
