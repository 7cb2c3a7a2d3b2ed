import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { redacted } from "@vaultproof/protocol/redacted";
import type { VaultProofError } from "./sdk-error.js";

/** A developer key that can be let go of: afterwards whatever was given it can do nothing with it. */
export interface HeldDeveloperKey {
  /** Reading `secret` throws once it was let go: nothing is ever signed or encrypted under zeros. */
  readonly key: DeveloperKey;
  /** Throws if it was let go. */
  require(): void;
  /** Forgets the bytes, and overwrites them where they are this one's own. */
  release(): void;
}

/**
 * Holds a developer key for as long as it is wanted.
 *
 * @param options.owned whether the bytes are this one's to overwrite; those of another holder are only forgotten.
 * @param options.onUse called before each reading; may let go.
 * @param options.gone the error of whoever comes later.
 */
export function holdDeveloperKey(
  from: DeveloperKey,
  options: {
    readonly owned: boolean;
    readonly gone: () => VaultProofError;
    readonly onUse?: () => void;
  },
): HeldDeveloperKey {
  let source: DeveloperKey | undefined = from;
  const read = (): Uint8Array<ArrayBuffer> => {
    options.onUse?.();
    if (source === undefined) throw options.gone();
    return source.secret;
  };
  const key: DeveloperKey = {
    kind: from.kind,
    get secret() {
      return read();
    },
  };
  return {
    key: redacted(key, `[vp_${from.kind}_ key]`),
    require: () => void read(),
    release() {
      if (options.owned) source?.secret.fill(0);
      source = undefined;
    },
  };
}
