import { readEventText } from "./event-stream.js";

/** What has come of an answer's body so far. */
export interface AnswerText {
  /** As it came, up to {@link SHOWN_CHARS}. */
  readonly raw: string;
  /** For people: the text of a stream of events, indented JSON; null where raw is all there is. */
  readonly readable: string | null;
  readonly bytes: number;
  /** Pieces in which it came. */
  readonly pieces: number;
  readonly isWhole: boolean;
}

/** More is counted and not shown: a page that lays out megabytes of text stands still. */
export const SHOWN_CHARS = 200_000;

/**
 * Reads a body as it arrives.
 *
 * @param onText told after each piece.
 * @throws TypeError where it breaks off; the signal's reason.
 */
export async function readAnswerText(
  response: Response,
  onText: (text: AnswerText) => void,
): Promise<AnswerText> {
  const type = response.headers.get("content-type") ?? "";
  const events = type.startsWith("text/event-stream") ? readEventText() : undefined;
  const decoder = new TextDecoder();
  let text: AnswerText = {
    ...{ raw: "", bytes: 0, pieces: 0, isWhole: false },
    readable: events === undefined ? null : "",
  };
  const add = (piece: string): void => {
    const raw = text.raw.length < SHOWN_CHARS ? (text.raw + piece).slice(0, SHOWN_CHARS) : text.raw;
    const readable = events === undefined ? null : (text.readable ?? "") + events.take(piece);
    text = { ...text, raw, readable };
  };
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    add(decoder.decode(value, { stream: true }));
    text = { ...text, bytes: text.bytes + value.length, pieces: text.pieces + 1 };
    onText(text);
  }
  add(decoder.decode());
  text = { ...text, isWhole: true, readable: text.readable ?? indented(text.raw, type) };
  onText(text);
  return text;
}

function indented(raw: string, type: string): string | null {
  if (!/^application\/(?:[\w.-]+\+)?json/.test(type)) return null;
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return null;
  }
}
