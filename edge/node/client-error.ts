import { randomUUID } from "node:crypto";
import { STATUS_CODES, type Server } from "node:http";
import { ERRORS, type ErrorCode, errorBody } from "@vaultproof/protocol/errors";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { SOURCE_HEADER } from "../src/answer.js";
import { answerClientErrors } from "./answer-client-errors.js";

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Answers what is no HTTP request in the form of every other error. */
export function answerInvalidRequests(server: Server): void {
  answerClientErrors(server, (code) => rawAnswer("invalidRequest", STATUS_OF_PARSER_ERROR[code ?? ""]));
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
