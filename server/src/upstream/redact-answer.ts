import { pipeline, Transform, type Readable } from "node:stream";
import type { ResponseHeaders } from "./passed-headers.js";
import type { KeyRedaction } from "./redact-key.js";
import { wipe } from "../secret-bytes.js";

/**
 * A body that has arrived whole, as short ones do together with their head: the same as {@link redactBody}, without
 * making it stream again, which would cost as much as everything else that is done with an answer.
 *
 * @param body has nothing more to come but its end.
 */
export function redactWholeBody(body: Readable, redaction: KeyRedaction): Buffer {
  const bytes = (body.read() as Buffer | null) ?? Buffer.alloc(0);
  body.on("error", () => undefined).resume();
  redaction.redact(bytes, true);
  return bytes;
}

/**
 * The body with every spelling of the key overwritten, as long as before. What cannot belong to a spelling passes at
 * once; the end of a piece that may be the beginning of one waits for what follows it.
 *
 * @param body ends with what this returns, and the other way round, errors too.
 */
export function redactBody(body: Readable, redaction: KeyRedaction): Readable {
  let open = Buffer.alloc(0);
  const settle = (bytes: Buffer, isEnd: boolean): Buffer => {
    const settled = redaction.redact(bytes, isEnd);
    // A copy: a few bytes must not keep the whole piece in memory.
    open = Buffer.from(bytes.subarray(settled));
    bytes.fill(0, settled);
    return bytes.subarray(0, settled);
  };
  const join = (piece: Buffer): Buffer => {
    if (open.length === 0) return piece;
    const joined = Buffer.concat([open, piece]);
    // Either may hold a part of the key.
    wipe(open, piece);
    return joined;
  };
  const redacted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      pass(done, () => settle(join(piece), false));
    },
    flush(done) {
      pass(done, () => settle(open, true));
    },
  });
  // Whoever reads the body is told of an error by the stream that they read.
  pipeline(body, redacted, () => undefined);
  return redacted;
}

/** The headers with every spelling of the key in a value overwritten; one that holds it in its name is dropped. */
export function redactHeaders(headers: ResponseHeaders, redaction: KeyRedaction): ResponseHeaders {
  const redact = (text: string): string => {
    const bytes = Buffer.from(text, "latin1");
    redaction.redact(bytes, true);
    return bytes.toString("latin1");
  };
  const kept = Object.entries(headers).filter(([name]) => redact(name) === name);
  return Object.fromEntries(
    kept.map(([name, value]) => [name, typeof value === "string" ? redact(value) : value.map(redact)]),
  );
}

function pass(done: (error: Error | null, bytes?: Buffer) => void, make: () => Buffer): void {
  let bytes: Buffer;
  try {
    bytes = make();
  } catch (error) {
    done(error as Error);
    return;
  }
  if (bytes.length === 0) done(null);
  else done(null, bytes);
}
