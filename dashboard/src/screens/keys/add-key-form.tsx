import type { ComponentChildren, RefObject } from "preact";
import { PROVIDERS } from "@vaultproof/protocol/providers";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Checkbox } from "../../ui/checkbox.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { AppChips } from "./app-chips.js";
import { labelOf, type KeyDraft, type KeyProblems } from "./key-draft.js";
import { KeyField } from "./key-field.js";
import { KEY_PAGES } from "./provider-calls.js";
import { ProviderPicker } from "./provider-picker.js";
import { RestrictionsEditor } from "./restrictions-editor.js";

/** The form of a new key. */
export function AddKeyForm(props: {
  readonly draft: KeyDraft;
  readonly problems: KeyProblems;
  readonly busy: boolean;
  readonly keyRef: RefObject<HTMLInputElement>;
  readonly onChange: (draft: KeyDraft) => void;
  readonly onSubmit: () => void;
  /** What became of the last attempt. */
  readonly failure: ComponentChildren;
}) {
  const { draft, problems, busy, keyRef, onChange, onSubmit, failure } = props;
  const set = (change: Partial<KeyDraft>) => onChange({ ...draft, ...change });
  const page = KEY_PAGES[draft.provider];
  return (
    <Card title="The key and who may use it">
      <Form noValidate onSubmit={onSubmit}>
        <ProviderPicker value={draft.provider} disabled={busy} onChange={(provider) => set({ provider })} />
        {draft.provider === "custom" && <Destination {...{ draft, problems, set }} />}
        <KeyField
          inputRef={keyRef}
          label="Key"
          provider={draft.provider}
          disabled={busy}
          hint={page === undefined ? undefined : `Made at ${page}`}
          error={problems.key}
        />
        <Field
          label="Label"
          value={labelOf(draft)}
          disabled={busy}
          hint="For you; the server sees it"
          error={problems.label}
          onInput={(label) => set({ label })}
        />
        <AppChips apps={draft.apps} error={problems.apps} onChange={(apps) => set({ apps })} />
        <Checkbox
          label="Keep the apps' bundles in this browser"
          checked={draft.keep}
          hint="Encrypted; the playground calls with them"
          onChange={(keep) => set({ keep })}
        />
        <RestrictionsEditor
          draft={draft.restrictions}
          whom="all apps"
          onChange={(restrictions) => set({ restrictions })}
        />
        {problems.restrictions !== undefined && (
          <p class="field-error" role="alert">
            {problems.restrictions}
          </p>
        )}
        {draft.provider !== "custom" && <OtherAddress {...{ draft, problems, set }} />}
        {failure}
        <div>
          <Button kind="primary" type="submit" busy={busy}>
            {busy ? "Splitting and storing" : "Store the key"}
          </Button>
        </div>
      </Form>
    </Card>
  );
}

interface PartProps {
  readonly draft: KeyDraft;
  readonly problems: KeyProblems;
  readonly set: (change: Partial<KeyDraft>) => void;
}

/** Where a custom provider is, and how it takes its key. */
function Destination({ draft, problems, set }: PartProps) {
  return (
    <>
      <Field
        label="Base URL"
        type="url"
        value={draft.baseUrl}
        placeholder="https://api.example.com"
        hint="The key can be sent there and nowhere else"
        error={problems.baseUrl}
        onInput={(baseUrl) => set({ baseUrl })}
      />
      <div class="side-by-side">
        <Field
          label="Header"
          value={draft.headerName}
          error={problems.authHeader}
          onInput={(headerName) => set({ headerName })}
        />
        <Field
          label="Header's value"
          value={draft.headerTemplate}
          hint="{key} stands for the key"
          onInput={(headerTemplate) => set({ headerTemplate })}
        />
      </div>
    </>
  );
}

/** A known provider at an address of its own, such as a regional one. */
function OtherAddress({ draft, problems, set }: PartProps) {
  if (draft.provider === "custom") return null;
  return (
    <details class="restrictions" open={problems.baseUrl !== undefined}>
      <summary>Another address of the provider</summary>
      <div class="restrictions-fields">
        <Field
          label="Base URL"
          type="url"
          value={draft.baseUrl}
          placeholder={PROVIDERS[draft.provider].baseUrl}
          hint="The key can be sent there and nowhere else"
          error={problems.baseUrl}
          onInput={(baseUrl) => set({ baseUrl })}
        />
      </div>
    </details>
  );
}
