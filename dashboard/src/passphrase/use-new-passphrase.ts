import { LIMITS } from "@vaultproof/protocol/limits";
import { useRef, useState } from "preact/hooks";

/** A passphrase that is being typed twice. */
export interface NewPassphrase {
  readonly first: { current: HTMLInputElement | null };
  readonly second: { current: HTMLInputElement | null };
  readonly problem: { readonly of: "first" | "second"; readonly text: string } | undefined;
  /** The passphrase, both fields emptied; undefined, and the problem said, where it is none yet. */
  take(): string | undefined;
}

export function useNewPassphrase(): NewPassphrase {
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<NewPassphrase["problem"]>();
  const refuse = (of: "first" | "second", text: string): void => {
    setProblem({ of, text });
    (of === "first" ? first : second).current?.focus();
  };
  return {
    first,
    second,
    problem,
    take() {
      const text = first.current?.value ?? "";
      const { length } = Array.from(text.normalize("NFKC"));
      if (length < LIMITS.minPassphraseChars) {
        refuse("first", `It has ${length} characters; ${LIMITS.minPassphraseChars} are the least.`);
        return undefined;
      }
      if (second.current?.value !== text) {
        refuse("second", "This is not the same as above.");
        return undefined;
      }
      setProblem(undefined);
      for (const { current } of [first, second]) {
        if (current === null) continue;
        current.value = "";
        // What is said of its length is of what was there.
        current.dispatchEvent(new Event("input"));
      }
      return text;
    },
  };
}
