import { CALL_METHODS, type CallMethod } from "@vaultproof/protocol/restrictions";
import { Checkbox } from "../../ui/checkbox.js";
import { Field } from "../../ui/field.js";
import { Select } from "../../ui/select.js";
import { TextArea } from "../../ui/text-area.js";
import { readDraft, type RestrictionsDraft, type TextMember } from "./restrictions-draft.js";
import "./restrictions-editor.css";

const LISTS: readonly { readonly member: TextMember; readonly label: string; readonly hint: string }[] = [
  { member: "paths", label: "Paths", hint: "One a line; * at the end stands for any rest: /v1/chat/*" },
  { member: "models", label: "Models", hint: "One a line, such as gpt-4o-mini or gpt-4o*" },
  {
    member: "origins",
    label: "Web origins",
    hint: "https://app.example; from a browser only these may call",
  },
  { member: "ips", label: "Addresses", hint: "IPv4, IPv6 or ranges, such as 203.0.113.0/24" },
];
const COUNTS: readonly { readonly member: TextMember; readonly label: string }[] = [
  { member: "perMinute", label: "Calls a minute" },
  { member: "perDay", label: "Calls a day (UTC)" },
  { member: "perMonth", label: "Calls a month (UTC)" },
  { member: "maxBody", label: "Largest body, bytes" },
];
const MODES = [
  { value: "", name: "reads and writes" },
  { value: "read-only", name: "reads only: GET, HEAD" },
  { value: "write-only", name: "writes only: the others" },
] as const;

/** What calls must keep to. Folded away until wanted; an empty field restricts nothing. */
export function RestrictionsEditor(props: {
  readonly draft: RestrictionsDraft;
  readonly onChange: (draft: RestrictionsDraft) => void;
  /** Whom they hold for. */
  readonly whom: string;
}) {
  const { draft, onChange, whom } = props;
  const problems = readDraft(draft).problems ?? {};
  const set = (change: Partial<RestrictionsDraft>) => onChange({ ...draft, ...change });
  return (
    <details class="restrictions">
      <summary>Restrictions for {whom}</summary>
      <div class="restrictions-fields">
        <Methods chosen={draft.methods} onChange={(methods) => set({ methods })} />
        <Select label="Kind of calls" value={draft.mode} options={MODES} onChange={(mode) => set({ mode })} />
        {LISTS.map(({ member, label, hint }) => (
          <TextArea
            key={member}
            rows={2}
            {...{ label, hint }}
            value={draft[member]}
            error={problems[member]}
            onInput={(text) => set({ [member]: text })}
          />
        ))}
        {COUNTS.map(({ member, label }) => (
          <Field
            key={member}
            label={label}
            value={draft[member]}
            error={problems[member]}
            placeholder="no limit"
            onInput={(text) => set({ [member]: text })}
          />
        ))}
        <Field
          label="Ends"
          type="datetime-local"
          value={draft.notAfter}
          error={problems.notAfter}
          hint="In this device's time zone; no call after it"
          onInput={(notAfter) => set({ notAfter })}
        />
        <Checkbox
          label="Sealed shares only"
          checked={draft.sealedOnly}
          hint="Refuses calls by hand that send their share in clear"
          onChange={(sealedOnly) => set({ sealedOnly })}
        />
        <TextArea
          label="Users signed for by your backend"
          mono
          rows={3}
          value={draft.identity}
          error={problems.identity}
          hint="JSON as docs/identity.md describes it: accept, keys, issuer, audience, perMinute …"
          onInput={(identity) => set({ identity })}
        />
      </div>
    </details>
  );
}

function Methods(props: {
  readonly chosen: readonly CallMethod[];
  readonly onChange: (methods: readonly CallMethod[]) => void;
}) {
  const { chosen, onChange } = props;
  return (
    <fieldset class="restrictions-methods">
      <legend>Methods</legend>
      <div>
        {CALL_METHODS.map((method) => (
          <Checkbox
            key={method}
            label={method}
            checked={chosen.includes(method)}
            onChange={(on) => onChange(on ? [...chosen, method] : chosen.filter((one) => one !== method))}
          />
        ))}
      </div>
      <p class="field-hint">None chosen: all of them</p>
    </fieldset>
  );
}
