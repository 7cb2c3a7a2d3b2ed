import type { ProviderSlug } from "@vaultproof/protocol/providers";
import type { RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { oddLook } from "./key-look.js";
import { peekKey } from "./typed-key.js";

/**
 * Where a key is pasted. Its text is nowhere but in the input: the screen reads it once, as bytes, when it is used, and
 * empties the input then; here it is only looked at, and the copy for that overwritten.
 */
export function KeyField(props: {
  readonly inputRef: RefObject<HTMLInputElement>;
  readonly label: string;
  readonly provider: ProviderSlug;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
}) {
  const id = useId();
  const { inputRef, label, provider, hint, error, disabled = false } = props;
  const [odd, setOdd] = useState<string>();
  const look = () => {
    if (inputRef.current === null) return;
    const key = peekKey(inputRef.current);
    setOdd(oddLook(key, provider));
    key.fill(0);
  };
  useEffect(look, [provider, disabled]);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={inputRef}
        class="mono"
        type="password"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        disabled={disabled}
        data-1p-ignore
        data-lpignore="true"
        data-bwignore
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint ${id}-odd ${id}-error`}
        onInput={look}
      />
      <p id={`${id}-hint`} class="field-hint">
        {hint}
      </p>
      <p id={`${id}-odd`} class="field-odd" role="status">
        {odd}
      </p>
      <p id={`${id}-error`} class="field-error" role="alert">
        {error}
      </p>
    </div>
  );
}
