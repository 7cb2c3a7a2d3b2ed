import { STATUS_CODES, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { errorBody } from "./error-shape.js";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "./gateway-error.js";

const CODE_OF_PARSER_ERROR: Readonly<Record<string, GatewayErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "too-slow",
  HPE_HEADER_OVERFLOW: "headers-too-large",
};

/** Answers what is no HTTP request, or a slow one, in the form of every other error. */
export function answerClientErrors(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on("request", ({ socket }, response) => latest.set(socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket);
    // Once an answer has begun, more bytes would become part of it.
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || isAnswering) socket.destroy();
    else socket.end(rawAnswer(CODE_OF_PARSER_ERROR[error.code ?? ""] ?? "malformed"));
  });
}

function rawAnswer(code: GatewayErrorCode): string {
  const { status, message } = GATEWAY_ERRORS[code];
  const body = errorBody(undefined, { status, message, code: `vaultproof_${code.replaceAll("-", "_")}` });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "vp-source: vaultproof",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
