const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * Makes an object that holds secrets safe to print: JSON and Node's inspection show `shown` in its place. Its members
 * stay as they are; a copy made by spreading is no longer protected.
 */
export function redacted<T extends object>(secret: T, shown: string): T {
  const value = (): string => shown;
  Object.defineProperty(secret, "toJSON", { value });
  Object.defineProperty(secret, INSPECT, { value });
  return secret;
}
