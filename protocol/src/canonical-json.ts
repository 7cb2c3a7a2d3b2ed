import { utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import { LIMITS } from "./limits.js";

/** JSON whose meaning two parsers could read differently. The message never holds a byte of it. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/** The JCS (RFC 8785) bytes of a JSON value. Throws {@link StrictJsonError} on lone surrogates and non-JSON values. */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new StrictJsonError("not a canonicalisable JSON value", { cause });
  }
  if (text === undefined) throw new StrictJsonError("not a JSON value");
  if (holdsEscapedSurrogate(text)) throw new StrictJsonError("a string holds a lone surrogate");
  return utf8ToBytes(text);
}

/**
 * Parses JSON that will be forwarded in another spelling (JCS): what that could change is refused. One pass over the
 * text, without recursion, decides before the platform's parser allocates anything.
 *
 * @throws StrictJsonError on duplicate keys in any spelling, lone surrogates, numbers that would be written back with
 *   another value (`1e400`, `9007199254740993`, `-0`), nesting or a number of values beyond {@link LIMITS}, and syntax
 *   errors.
 */
export function parseStrictJson(text: string): unknown {
  assertUnambiguous(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No cause: the platform's message quotes the text, which may hold a share.
    throw new StrictJsonError("not JSON");
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Longer than any number that a double gives back as it was written, leading and trailing zeros apart. */
const NUMBER_CHARS = 400;
const NUMBER = /[-+.0-9eE]+/y;
const WHITESPACE = /[ \t\n\r]*/y;
const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?$/;

function assertUnambiguous(text: string): void {
  // For each open container its keys so far; null for an array.
  const open: (Set<string> | null)[] = [];
  // Values and keys cost time each, also in what is no JSON: one may only begin behind what is counted here.
  let begun = 0;
  let mayBegin = true;
  let afterKey = false;
  for (let i = 0; i < text.length;) {
    const char = text.charCodeAt(i);
    const isString = char === QUOTE;
    const isNumber = char === MINUS || isDigit(char);
    const isOpening = char === OPEN_BRACE || char === OPEN_BRACKET;
    if (char === COLON || ((isString || isNumber || isOpening) && !mayBegin)) {
      throw new StrictJsonError("not JSON");
    }
    if (isString) {
      const end = endOfString(text, i);
      const string = stringValue(text.slice(i, end));
      const keys: Set<string> | null = afterKey ? null : (open.at(-1) ?? null);
      const colon = endOf(WHITESPACE, text, end);
      afterKey = keys !== null && text.charCodeAt(colon) === COLON;
      if (keys && afterKey) addKey(keys, string);
      mayBegin = afterKey;
      i = afterKey ? colon + 1 : end;
      continue;
    }
    if (isNumber) {
      const end = endOf(NUMBER, text, i);
      assertExactNumber(text.slice(i, end));
      mayBegin = afterKey = false;
      i = end;
      continue;
    }
    if (isOpening || char === COMMA) {
      if (++begun > LIMITS.jsonValues) throw new StrictJsonError("too many values");
      mayBegin = true;
      afterKey = false;
    }
    if (isOpening) {
      open.push(char === OPEN_BRACE ? new Set() : null);
      if (open.length > LIMITS.jsonDepth) throw new StrictJsonError("nested too deeply");
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      open.pop();
      mayBegin = afterKey = false;
    }
    i++;
  }
}

/** Index behind the closing quote of the string that opens at `start`; the text's end when it never closes. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function stringValue(token: string): string {
  let value = token.slice(1, -1);
  if (token.includes("\\")) {
    try {
      value = JSON.parse(token) as string;
    } catch {
      throw new StrictJsonError("not JSON");
    }
  }
  if (!value.isWellFormed()) throw new StrictJsonError("a string holds a lone surrogate");
  return value;
}

function addKey(keys: Set<string>, key: string): void {
  if (keys.has(key)) throw new StrictJsonError("a duplicate key");
  keys.add(key);
}

function assertExactNumber(token: string): void {
  const value = Number(token);
  const exact =
    token.length <= NUMBER_CHARS &&
    Number.isFinite(value) &&
    // JCS writes -0 as 0.
    !Object.is(value, -0) &&
    decimalValue(token) === decimalValue(String(value));
  if (!exact) throw new StrictJsonError("a number that does not survive a round trip");
}

/** One text for each decimal value: sign, digits without outer zeros, exponent of the last digit. */
function decimalValue(text: string): string | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** JSON.stringify writes a lone surrogate, and nothing else, as an escape that begins with `\ud`. */
function holdsEscapedSurrogate(json: string): boolean {
  if (!json.includes("\\ud")) return false;
  for (let i = json.indexOf("\\"); i !== -1; i = json.indexOf("\\", i + 2)) {
    if (json.startsWith("ud", i + 1)) return true;
  }
  return false;
}

function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}
