import type { Server, ServerResponse } from "node:http";

/** The requests of a server that are not answered to their end. */
export interface AnswersInFlight {
  count(): number;
  /**
   * Waits for those that are in flight now, for so many milliseconds, and then cuts what is left of them. Those that come
   * later are not waited for: they are refused, and under load would never end.
   */
  end(graceMs: number): Promise<void>;
}

/** Watches a server from now on. */
export function watchAnswers(server: Server): AnswersInFlight {
  const inFlight = new Set<ServerResponse>();
  server.on("request", (_request, response) => {
    inFlight.add(response);
    response.once("close", () => inFlight.delete(response));
  });
  return {
    count: () => inFlight.size,
    async end(graceMs) {
      const awaited = [...inFlight];
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.all(awaited.map(closed)), grace]);
      clearTimeout(timer);
      for (const response of awaited) response.destroy();
    },
  };
}

function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once("close", () => resolve()));
}
