const NODE_INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The way in which an object that holds secrets shows itself in JSON, consoles and string contexts. */
export interface Redacted {
  toJSON(): Readonly<Record<string, unknown>>;
  toString(): string;
}

/**
 * Makes `target` print as its public members and nothing else, wherever it lands: `JSON.stringify`, `console.log`,
 * template strings.
 */
export function redact(target: object, name: string, shown: () => Readonly<Record<string, unknown>>): void {
  const text = (): string => `${name} ${JSON.stringify(shown())} [secrets redacted]`;
  const hidden = { enumerable: false, writable: false } as const;
  Object.defineProperties(target, {
    toJSON: { ...hidden, value: () => ({ type: name, ...shown() }) },
    toString: { ...hidden, value: text },
    [NODE_INSPECT]: { ...hidden, value: text },
  });
}
