import type { ServerResponse } from "node:http";

/**
 * Breaks an answer off so that it cannot be taken for whole. In HTTP/1.0, which common proxies speak to what is behind
 * them, an answer may end with its connection: there only a reset tells that it was not the end.
 */
export function cutAnswer(response: ServerResponse): void {
  const { httpVersion, socket } = response.req;
  if (httpVersion === "1.0") socket.resetAndDestroy();
  response.destroy();
}
