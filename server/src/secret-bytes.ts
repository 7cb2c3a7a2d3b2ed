import { inspect } from "node:util";

const REDACTED = "[secret]";

/** Bytes that no log, JSON or inspection shows. */
export class SecretBytes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, not a copy. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/**
 * A zeroed buffer for a secret. V8 keeps a typed array of up to 64 bytes that is made otherwise on its own heap and copies it
 * out on its first native use, and Node cuts small Buffers out of a pool: neither can be overwritten for good.
 */
export function secretBuffer(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/** Overwrites secrets in place. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
