/** Reads an answer piece by piece, as it comes. */
export interface AnswerReader {
  /** Waits for so many bytes; gives fewer only at the end of the answer. Rejects when the answer is cut. */
  take(bytes: number): Promise<Buffer>;
  /** Reads to the end and gives how many bytes that was. */
  skipRest(): Promise<number>;
}

/** Begins to read an answer; nothing is read ahead of what is asked for. */
export function readerOf({ body }: Response): AnswerReader {
  if (body === null) throw new TypeError("an answer without a body");
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let held = Buffer.alloc(0);
  return {
    async take(bytes) {
      while (held.length < bytes) {
        const { value } = await reader.read();
        if (value === undefined) break;
        held = Buffer.concat([held, value]);
      }
      const taken = held.subarray(0, bytes);
      held = held.subarray(bytes);
      return taken;
    },
    async skipRest() {
      let count = held.length;
      held = Buffer.alloc(0);
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) return count;
        count += value.length;
      }
    },
  };
}
