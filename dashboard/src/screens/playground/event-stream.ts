/** Reads server-sent events piece by piece and puts together the text in them. */
export interface EventText {
  /** Takes the next piece of the stream, cut anywhere; gives the text that became readable by it. */
  take(piece: string): string;
}

/** The field of an event that holds its content. */
const DATA = /^data: ?/;

/** Begins a stream. Events whose form no provider has here add nothing to the text; the raw view shows them. */
export function readEventText(): EventText {
  let rest = "";
  return {
    take(piece) {
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      return lines
        .filter((line) => DATA.test(line))
        .map((line) => deltaOf(line.replace(DATA, "")))
        .join("");
    },
  };
}

/** The forms in which providers stream text. */
interface Chunk {
  readonly type?: string;
  readonly choices?: readonly { readonly delta?: { readonly content?: unknown }; readonly text?: unknown }[];
  readonly delta?: unknown;
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: unknown }[] };
  }[];
}

function deltaOf(data: string): string {
  let chunk: Chunk | null;
  try {
    chunk = JSON.parse(data) as Chunk | null;
  } catch {
    return "";
  }
  if (typeof chunk !== "object" || chunk === null) return "";
  const [choice] = chunk.choices ?? [];
  const delta = chunk.delta as { text?: unknown } | undefined;
  const texts: unknown[] = [
    choice?.delta?.content,
    choice?.text,
    chunk.type === "content_block_delta" ? delta?.text : undefined,
    chunk.type === "response.output_text.delta" ? chunk.delta : undefined,
    ...(chunk.candidates?.[0]?.content?.parts ?? []).map(({ text }) => text),
  ];
  return texts.filter((text) => typeof text === "string").join("");
}
