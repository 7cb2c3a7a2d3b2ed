import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Answers what is no HTTP request, or does not become one in time. Node's own answer would be without a body and without
 * the field that says whose answer it is.
 *
 * @param rawAnswer the whole answer, head and body, for the parser's error code; undefined where it gives none.
 */
export function answerClientErrors(server: Server, rawAnswer: (code: string | undefined) => string): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on("request", ({ socket }, response) => latest.set(socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket);
    // Once an answer has begun, more bytes would become part of it.
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else socket.end(rawAnswer(error.code));
  });
}
