import { utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";
import { isSafeNumber, parse } from "lossless-json";
import { LIMITS } from "./limits.js";

/** JSON whose meaning two parsers could read differently. */
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
  if (!text.isWellFormed()) throw new StrictJsonError("a string holds a lone surrogate");
  return utf8ToBytes(text);
}

/**
 * Parses JSON that will be forwarded in another spelling (JCS): what that could change is refused.
 *
 * @throws StrictJsonError on duplicate keys, numbers that a double does not hold exactly as written, and syntax errors.
 */
export function parseStrictJson(text: string): unknown {
  try {
    parse(text, null, {
      parseNumber: exactNumber,
      onDuplicateKey: ({ key }) => {
        throw new StrictJsonError(`duplicate key ${JSON.stringify(key).slice(0, 64)}`);
      },
    });
    // The value itself comes from the platform's parser, which keeps a member called __proto__ a plain member.
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof StrictJsonError) throw error;
    throw new StrictJsonError("not strict JSON", { cause: error });
  }
}

/** Whether arrays and objects in JSON text nest at most `limit` deep; a scan that cannot itself overflow the stack. */
export function nestsWithin(text: string, limit: number = LIMITS.jsonDepth): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === BACKSLASH) i++;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) inString = true;
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      if (++depth > limit) return false;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) depth--;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function exactNumber(text: string): number {
  if (!isSafeNumber(text)) throw new StrictJsonError("a number that does not survive a round trip");
  return Number(text);
}
