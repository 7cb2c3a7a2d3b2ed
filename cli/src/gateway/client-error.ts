import { STATUS_CODES, type Server } from "node:http";
import { answerClientErrors } from "@vaultproof/edge/node/answer-client-errors";
import { errorBody } from "./error-shape.js";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "./gateway-error.js";

const CODE_OF_PARSER_ERROR: Readonly<Record<string, GatewayErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "too-slow",
  HPE_HEADER_OVERFLOW: "headers-too-large",
};

/** Answers what is no HTTP request, or a slow one, in the form of every other error. */
export function answerInvalidRequests(server: Server): void {
  answerClientErrors(server, (code) => rawAnswer(CODE_OF_PARSER_ERROR[code ?? ""] ?? "malformed"));
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
