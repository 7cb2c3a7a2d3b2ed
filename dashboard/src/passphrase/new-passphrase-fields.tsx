import { LIMITS } from "@vaultproof/protocol/limits";
import { useState } from "preact/hooks";
import { SecretField } from "../ui/secret-field.js";
import type { NewPassphrase } from "./use-new-passphrase.js";

const SHORTEST = LIMITS.minPassphraseChars;
const LONG = 20;

/** Asks for a new passphrase twice and says how long is long enough. No rules of composition: they make worse ones. */
export function NewPassphraseFields(props: {
  readonly entry: NewPassphrase;
  readonly label?: string;
  readonly busy?: boolean;
}) {
  const { entry, label = "Passphrase", busy = false } = props;
  const [length, setLength] = useState(0);
  const problemOf = (of: "first" | "second") => (entry.problem?.of === of ? entry.problem.text : undefined);
  return (
    <>
      <SecretField
        label={label}
        inputRef={entry.first}
        onLength={setLength}
        hint={adviseOn(length)}
        error={problemOf("first")}
        autoComplete="new-password"
        readOnly={busy}
      />
      <SecretField
        label={`${label} again`}
        inputRef={entry.second}
        error={problemOf("second")}
        autoComplete="new-password"
        readOnly={busy}
      />
    </>
  );
}

function adviseOn(length: number): string {
  if (length === 0) return `${SHORTEST} characters or more; four or five unrelated words are good.`;
  if (length < SHORTEST) return `${SHORTEST - length} more to go.`;
  return length < LONG ? "Long enough. Longer is better." : "Long. Good.";
}
