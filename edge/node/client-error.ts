import { randomUUID } from "node:crypto";
import { STATUS_CODES, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ERRORS, type ErrorCode, errorBody } from "@vaultproof/protocol/errors";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { SOURCE_HEADER } from "../src/answer.js";

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Answers what is no HTTP request in the form of every other error. Node's own answer would be without a body and
 * without the field that says whose answer it is.
 */
export function answerClientErrors(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on("request", ({ socket }, response) => latest.set(socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket);
    // Once an answer has begun, more bytes would become part of it.
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else socket.end(rawAnswer("invalidRequest", STATUS_OF_PARSER_ERROR[error.code ?? ""]));
  });
}

function rawAnswer(code: ErrorCode, status: number = ERRORS[code].status): string {
  const body = JSON.stringify(errorBody(code));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "content-type: application/json",
    `content-length: ${body.length}`,
    `${SOURCE_HEADER}: vaultproof`,
    `${REQUEST_ID_HEADER}: ${randomUUID()}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
